/** Enums of .proto files. */
import type { EnumDescriptor } from "./descriptor.ts";
import { optionsOf, readInlineOptions, readOptionStatement, readWord, type ReadOptions } from "./proto-options.ts";
import type { TokenReader } from "./proto-tokens.ts";

const MIN_INT32 = -0x80000000;
const MAX_INT32 = 0x7fffffff;

/** Reads an enum, behind the word `enum`. Throws WraithError SCHEMA_INVALID. */
export function readEnum(tokens: TokenReader): EnumDescriptor {
  const { text: name } = readWord(tokens, "the name of an enum");
  const value: { name: string; number: number }[] = [];
  const options: ReadOptions = { options: undefined };
  const names = new Set<string>();
  tokens.expect("{");
  while (!tokens.skip("}")) {
    if (tokens.skip(";")) continue;
    const following = tokens.peek();
    if (tokens.token.text === "option" && following.text !== "=") {
      tokens.next();
      readOptionStatement(tokens, options);
    } else if (tokens.token.text === "reserved" && following.text !== "=") {
      tokens.next();
      skipReserved(tokens);
    } else {
      const at = readWord(tokens, 'a value of the enum or "}"');
      if (names.has(at.text)) throw tokens.problem(`there is a value "${at.text}" already`, at);
      names.add(at.text);
      tokens.expect("=");
      const number = readInteger(tokens, "the number of a value", MIN_INT32, MAX_INT32);
      value.push({ name: at.text, number });
      readInlineOptions(tokens, { options: undefined });
      tokens.expect(";");
    }
  }
  return { name, value, ...optionsOf(options) };
}

function skipReserved(tokens: TokenReader): void {
  do {
    if (tokens.token.kind === "string" || tokens.token.kind === "word") tokens.next();
    else {
      readInteger(tokens, "a number, or a range of numbers", MIN_INT32, MAX_INT32);
      if (tokens.skip("to") && !tokens.skip("max")) readInteger(tokens, 'a number or "max"', MIN_INT32, MAX_INT32);
    }
  } while (tokens.skip(","));
  tokens.expect(";");
}

/** Reads an integer of a range, its sign included. Throws WraithError SCHEMA_INVALID that says what was expected. */
export function readInteger(tokens: TokenReader, what: string, min: number, max: number): number {
  const isNegative = min < 0 && tokens.skip("-");
  const at = tokens.token;
  const isInteger = at.kind === "number" && /^(?:\d+|0[xX][0-9A-Fa-f]+)$/.test(at.text);
  const value = !isInteger ? Number.NaN : /^0[0-7]+$/.test(at.text) ? Number.parseInt(at.text, 8) : Number(at.text);
  const signed = isNegative ? -value : value;
  if (!(signed >= min && signed <= max)) throw tokens.expected(what, at);
  tokens.next();
  return signed;
}
