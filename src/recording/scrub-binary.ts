/** Secrets in binary metadata: headers whose value is base64, padded or not, several of them with commas between. */
import { bytesFromText, textFromBytes } from "../base/bytes.ts";
import type { Formats } from "../formats/format.ts";
import { base64FromBytes, base64FromText, bytesFromBase64 } from "../base/base64.ts";
import type { FieldRule } from "./scrub-rules.ts";
import { applyEdits, scanText, type Edit, type ScrubWork } from "./scrub-text.ts";

/** What stands instead of a value that a rule names: base64, too. */
export function replaceBinary(value: string, rule: FieldRule, { replacer, fired }: ScrubWork): string {
  const plain = rule.action === "mask" ? "*".repeat(8) : replacer.replace(rule.action, value);
  const instead = plain === value ? value : base64FromText(plain);
  if (instead === value || value === "") return value;
  fired.add(rule.name);
  return instead;
}

/** The value with the secrets in its bytes replaced; a value that is no base64 is read as text. */
export function scrubBinary(value: string, work: ScrubWork, formats: Formats): string {
  return value
    .split(",")
    .map((part) => scrubPart(part, work, formats))
    .join(",");
}

function scrubPart(part: string, work: ScrubWork, formats: Formats): string {
  const digits = part.trim().replace(/=+$/, "");
  const bytes = bytesFromBase64(digits.padEnd(Math.ceil(digits.length / 4) * 4, "="));
  if (bytes === undefined) return edited(part, (text) => scanText(text, "plain", work));
  // A status with its details is a message, whose lengths must follow. Whatever else it is, a text is found in the bytes all the same.
  const rewrite = (inner: string): string => edited(inner, (text) => scanText(text, "json", work));
  const message = formats.rewriteTexts(bytes, rewrite);
  const text = textFromBytes(message ?? bytes);
  const scrubbed = edited(text, (t) => scanText(t, "plain", work));
  if (scrubbed === text && message === undefined) return part;
  const base64 = base64FromBytes(bytesFromText(scrubbed));
  return part.length % 4 === 0 ? base64 : base64.replace(/=+$/, "");
}

function edited(text: string, scan: (text: string) => readonly Edit[]): string {
  return applyEdits(text, scan(text));
}
