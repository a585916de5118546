/**
 * How a text stands in what surrounds it: as it is, as the inside of a JSON string, or percent-encoded in a form or query.
 * Secrets are looked for in what the text means and replaced where it is spelled, so that all else keeps its spelling.
 */
export type Spelling = "plain" | "json" | "form";

const JSON_ESCAPE = /\\(?:u[0-9a-fA-F]{4}|[^])/g;
/** `%20` in as many characters: a space, and what goes with it. */
const SPACE = ` ${"\u0002".repeat(2)}`;
const FORM_ESCAPE = /%[0-9a-fA-F]{2}/g;

/**
 * The text with escapes made into control characters of the same length: offsets stay, and no secret of known form has an escape in it
 * but for the spaces of a card number.
 */
export function withoutEscapes(raw: string, spelling: Spelling): string {
  switch (spelling) {
    case "json":
      return raw.includes("\\") ? raw.replace(JSON_ESCAPE, (m) => "\u0001".repeat(m.length)) : raw;
    case "form":
      return /[%+]/.test(raw)
        ? raw.replace(FORM_ESCAPE, (m) => (m === "%20" ? SPACE : "\u0001\u0001\u0001")).replaceAll("+", " ")
        : raw;
    default:
      return raw;
  }
}

/** What a text means. Never throws: an escape that is none stays. */
export function decodeSpelling(raw: string, spelling: Spelling): string {
  if (spelling === "plain") return raw;
  try {
    if (spelling === "json") return raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
    return /[%+]/.test(raw) ? decodeURIComponent(raw.replaceAll("+", " ")) : raw;
  } catch {
    return raw;
  }
}

/** The spelling of a text. */
export function encodeSpelling(text: string, spelling: Spelling): string {
  switch (spelling) {
    case "json":
      return JSON.stringify(text).slice(1, -1);
    case "form":
      return /^[\w.*-]*$/.test(text) ? text : encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, ""));
    default:
      return text;
  }
}

/** Offset in the spelling of an offset in the meaning. Where they cannot be told apart (the spelling is broken), the offset itself. */
export function spelledOffset(raw: string, spelling: Spelling, offset: number): number {
  if (decodeSpelling(raw, spelling) === raw) return offset;
  let at = 0;
  for (let meant = 0; meant < offset && at < raw.length;) {
    const [length, means] = unitAt(raw, at, spelling);
    at += length;
    meant += means;
  }
  return at;
}

/** Characters that the unit at `at` takes, and characters that it means. */
function unitAt(raw: string, at: number, spelling: Spelling): readonly [length: number, means: number] {
  const c = raw.charCodeAt(at);
  if (spelling === "json") return c === 92 ? [raw[at + 1] === "u" ? 6 : 2, 1] : [1, 1];
  if (c !== 37) return [1, 1];
  const lead = Number.parseInt(raw.slice(at + 1, at + 3), 16);
  // A UTF-8 sequence is one character, above U+FFFF two units.
  if (lead >= 0xf0) return [12, 2];
  if (lead >= 0xe0) return [9, 1];
  return lead >= 0xc0 ? [6, 1] : [3, 1];
}

/** Length of the longest beginning, of at most `length` characters, that cuts no escape and no pair of surrogates in two. */
export function cutBeforeEscape(raw: string, length: number, spelling: Spelling): number {
  const cut = Math.min(length, raw.length);
  const last = raw.charCodeAt(cut - 1);
  if (last >= 0xd800 && last <= 0xdbff) return cut - 1;
  if (spelling === "form") return cut - (/%[0-9a-fA-F]?$/.exec(raw.slice(0, cut))?.[0].length ?? 0);
  return spelling === "json" ? cut - openEscapeLength(raw.slice(0, cut)) : cut;
}

/** Characters of the JSON escape that is cut off at the end; 0 where none is. */
function openEscapeLength(raw: string): number {
  const slash = raw.lastIndexOf("\\");
  const length = raw.length - slash;
  if (slash < 0 || length >= (raw[slash + 1] === "u" ? 6 : 2)) return 0;
  // Of several backslashes in a row, each second one belongs to the one before it.
  let first = slash;
  while (first > 0 && raw[first - 1] === "\\") first--;
  return (slash - first) % 2 === 0 ? length : 0;
}
