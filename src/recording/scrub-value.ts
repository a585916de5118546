/** The value of a field that is secret: replaced as a whole, however it arrives. */
import type { FieldRule } from "./scrub-rules.ts";
import { cutBeforeEscape, decodeSpelling, encodeSpelling, type Spelling } from "./scrub-spelling.ts";
import type { Edit, Scanner, ScrubWork } from "./scrub-text.ts";
import { MAX_SECRET_CHARS } from "./scrub-tokens.ts";

/** Text instead of a secret value (in its spelling); undefined where it stays as it is. */
export function replaceValue(raw: string, spelling: Spelling, rule: FieldRule, work: ScrubWork): string | undefined {
  const value = decodeSpelling(raw.slice(0, cutBeforeEscape(raw, MAX_SECRET_CHARS, spelling)), spelling);
  const instead = work.replacer.replace(rule.action, value);
  if (instead === value) return undefined;
  work.fired.add(rule.name);
  return encodeSpelling(instead, spelling);
}

/**
 * A secret value that arrives in pieces. It is undecided until it ends; one above 4 KiB is replaced then and there, and the rest of it
 * is left out.
 */
export function createValueScanner(spelling: Spelling, rule: FieldRule, work: ScrubWork): Scanner {
  let held = "";
  let settled = 0;
  let isReplaced = false;
  let edits: Edit[] = [];
  const replace = (): void => {
    const instead = replaceValue(held, spelling, rule, work);
    if (instead !== undefined) edits.push({ start: settled, end: settled + held.length, text: instead });
    settled += held.length;
    held = "";
  };
  return {
    push(raw) {
      if (isReplaced) {
        if (raw.length > 0) edits.push({ start: settled, end: settled + raw.length, text: "" });
        settled += raw.length;
        return;
      }
      held += raw;
      if (held.length <= MAX_SECRET_CHARS + 12) return;
      replace();
      isReplaced = true;
    },
    end() {
      if (!isReplaced) replace();
    },
    settled: () => settled,
    takeEdits() {
      const taken = edits;
      edits = [];
      return taken;
    },
  };
}
