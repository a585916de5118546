import { ConnectionError, ERROR } from "./protocol.ts";

/** Length in bits of each byte's code, and last of the end-of-string symbol (RFC 7541, appendix B). */
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
] as const;
const END_OF_STRING = 256;

/**
 * The code as a binary tree: two places a node, one for each bit. A positive one is the next node, a negative one is -1 minus the
 * symbol. The code is canonical (shorter codes first, equal lengths in the order of their symbols), so its lengths say all of it.
 */
function createTree(): Int16Array {
  const tree = new Int16Array(2 * 257);
  let nodes = 1;
  const symbols = LENGTHS.map((bits, symbol) => ({ bits, symbol })).sort(
    (a, b) => a.bits - b.bits || a.symbol - b.symbol,
  );
  let code = 0;
  let bits = 0;
  for (const s of symbols) {
    code <<= s.bits - bits;
    ({ bits } = s);
    let node = 0;
    for (let bit = bits - 1; bit > 0; bit--) {
      const place = 2 * node + ((code >>> bit) & 1);
      if (tree[place] === 0) tree[place] = nodes++;
      node = tree[place]!;
    }
    tree[2 * node + (code & 1)] = -1 - s.symbol;
    code++;
  }
  return tree;
}

let tree: Int16Array | undefined;

/** Text of a Huffman-coded string, one character a byte. Throws where it does not end as it must (RFC 7541, 5.2). */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  tree ??= createTree();
  const out: number[] = [];
  let node = 0;
  let depth = 0;
  let ones = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >>> shift) & 1;
      const next = tree[2 * node + bit]!;
      if (next < 0) {
        if (next === -1 - END_OF_STRING) throw invalid();
        out.push(-1 - next);
        node = 0;
        depth = 0;
        ones = true;
      } else {
        node = next;
        depth++;
        ones &&= bit === 1;
      }
    }
  }
  // What is left over is less than a byte, and all ones.
  if (depth > 7 || !ones) throw invalid();
  return textFromCodes(out);
}

/** In pieces: a call takes only so many arguments. */
function textFromCodes(codes: readonly number[]): string {
  let text = "";
  for (let at = 0; at < codes.length; at += 8192) text += String.fromCharCode(...codes.slice(at, at + 8192));
  return text;
}

function invalid(): ConnectionError {
  return new ConnectionError(ERROR.compression, "a Huffman-coded header string is broken");
}
