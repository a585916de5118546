/** Secrets of `name=value&...`: queries, and bodies of forms that arrive in pieces. */
import type { FieldRule } from "./scrub-rules.ts";
import { cutBeforeEscape, decodeSpelling } from "./scrub-spelling.ts";
import { createTextScanner, type Edit, type Scanner, type ScrubWork } from "./scrub-text.ts";
import { createValueScanner } from "./scrub-value.ts";

/** A name above so many characters is no name. */
const MAX_NAME = 4096;

/** A scanner of pairs; `find` gives the rule for a (decoded) name. */
export function createPairScanner(find: (name: string) => FieldRule | undefined, work: ScrubWork): Scanner {
  let buffer = "";
  let base = 0;
  let edits: Edit[] = [];
  /** The value that is being read. */
  let open: { readonly scanner: Scanner; readonly start: number } | undefined;

  const feed = (length: number, isOver: boolean): void => {
    const { scanner, start } = open!;
    scanner.push(buffer.slice(0, length));
    if (isOver) scanner.end();
    for (const e of scanner.takeEdits()) edits.push({ start: e.start + start, end: e.end + start, text: e.text });
    buffer = buffer.slice(length);
    base += length;
    if (isOver) open = undefined;
  };
  const begin = (rule: FieldRule | undefined): void => {
    const scanner = rule === undefined ? createTextScanner("form", work) : createValueScanner("form", rule, work);
    open = { scanner, start: base };
  };
  const read = (isLast: boolean): void => {
    for (;;) {
      if (open !== undefined) {
        const end = buffer.indexOf("&");
        if (end < 0) return feed(isLast ? buffer.length : cutBeforeEscape(buffer, buffer.length, "form"), isLast);
        feed(end, true);
      } else {
        const end = buffer.search(/[=&]/);
        if (end < 0 && !isLast && buffer.length <= MAX_NAME) return;
        if (end >= 0 && end <= MAX_NAME && buffer[end] === "=") {
          const name = decodeSpelling(buffer.slice(0, end), "form");
          buffer = buffer.slice(end + 1);
          base += end + 1;
          begin(find(name));
        } else if (end === 0) {
          buffer = buffer.slice(1);
          base++;
        } else if (buffer === "") return;
        // A name without a value may be a secret by its form all the same.
        else begin(undefined);
      }
    }
  };
  return {
    push(text) {
      buffer += text;
      read(false);
    },
    end: () => read(true),
    settled: () => (open === undefined ? base : open.start + open.scanner.settled()),
    takeEdits() {
      const taken = edits;
      edits = [];
      return taken;
    },
  };
}
