import { createHeaderTable, ENTRY_BYTES, type Field } from "./header-table.ts";
import { decodeHuffman } from "./huffman.ts";
import { ConnectionError, DEFAULT_TABLE_BYTES, ERROR } from "./protocol.ts";

/** Fields of a header block, in order. `TOO_LONG` where the list is longer than the reader takes; the tables are right all the same. */
export type DecodedBlock = readonly Field[] | typeof TOO_LONG;
export const TOO_LONG = Symbol("header list too long");

export interface HeaderDecoder {
  /** The same block again gives the same list, as long as no entry was added between. Throws on what cannot be read. */
  decode(block: Buffer): DecodedBlock;
}

/** Reads the header blocks of one connection (RFC 7541). `maxListBytes` counts a list as a setting does: text and 32 bytes a field. */
export function createHeaderDecoder(maxListBytes: number): HeaderDecoder {
  const table = createHeaderTable(DEFAULT_TABLE_BYTES);
  let latest: { readonly block: Buffer; readonly decoded: DecodedBlock } | undefined;
  const read = (block: Buffer): { decoded: DecodedBlock; lasting: boolean } => {
    const reader = createReader(block);
    const fields: Field[] = [];
    let bytes = 0;
    let lasting = true;
    while (!reader.done()) {
      const first = reader.peek();
      if ((first & 0xe0) === 0x20) {
        if (bytes > 0) throw broken("a table size stands behind a header");
        const size = reader.integer(5);
        if (size > DEFAULT_TABLE_BYTES) throw broken("a table size is above the limit");
        table.resize(size);
        lasting = false;
        continue;
      }
      let field: Field;
      if (first >= 0x80) field = table.at(reader.integer(7));
      else {
        const adds = first >= 0x40;
        const name = reader.integer(adds ? 6 : 4);
        field = [name === 0 ? reader.text() : table.at(name)[0], reader.text()];
        if (adds) table.add(field);
        lasting &&= !adds;
      }
      bytes += field[0].length + field[1].length + ENTRY_BYTES;
      if (bytes <= maxListBytes) fields.push(field);
    }
    return { decoded: bytes > maxListBytes ? TOO_LONG : fields, lasting };
  };
  return {
    decode: (block) => {
      if (latest?.block.equals(block) === true) return latest.decoded;
      const { decoded, lasting } = read(block);
      // Copied: the block may be a small piece of a large buffer.
      if (lasting) latest = { block: Buffer.from(block), decoded };
      else latest = undefined;
      return decoded;
    },
  };
}

interface BlockReader {
  done(): boolean;
  /** The next byte, which stays. */
  peek(): number;
  /** An integer whose first bits are the last ones of the next byte (RFC 7541, 5.1). */
  integer(prefixBits: number): number;
  /** A string literal (RFC 7541, 5.2). */
  text(): string;
}

function createReader(block: Buffer): BlockReader {
  let at = 0;
  const next = (): number => {
    if (at >= block.length) throw broken("a header block ends too early");
    return block[at++]!;
  };
  const integer = (prefixBits: number): number => {
    const mask = (1 << prefixBits) - 1;
    let value = next() & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = next();
      // Nothing that long can be meant; it would not fit into the numbers here either.
      if (shift > 21) throw broken("an integer of a header block is too large");
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  return {
    done: () => at >= block.length,
    peek: () => block[at]!,
    integer,
    text: () => {
      if (at >= block.length) throw broken("a header block ends too early");
      const coded = block[at]! >= 0x80;
      const length = integer(7);
      const end = at + length;
      if (end > block.length) throw broken("a header string is longer than its block");
      const text = coded ? decodeHuffman(block, at, end) : block.toString("latin1", at, end);
      at = end;
      return text;
    },
  };
}

function broken(message: string): ConnectionError {
  return new ConnectionError(ERROR.compression, message);
}
