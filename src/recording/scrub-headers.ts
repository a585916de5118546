/** Secrets in headers, trailers and metadata. */
import type { HeaderList } from "../base/http.ts";
import { scrubBinary, replaceBinary } from "./scrub-binary.ts";
import type { Formats } from "../formats/format.ts";
import { createPairScanner } from "./scrub-pairs.ts";
import { scrubPercent } from "./scrub-percent.ts";
import type { CompiledRules } from "./scrub-rules.ts";
import { applyEdits, type ScrubWork } from "./scrub-text.ts";

/** What whole values are scrubbed with. */
export interface RuleWork extends ScrubWork {
  readonly rules: CompiledRules;
  /** For what is a message within a header. */
  readonly formats: Formats;
}

/** Headers that hold an address, whose query may have a secret in it. */
const ADDRESSES: ReadonlySet<string> = new Set(["location", "content-location", "referer"]);

/** The headers with secrets replaced; the list itself where there are none. Order, case and number stay. */
export function scrubHeaders(headers: HeaderList, work: RuleWork): HeaderList {
  let isSame = true;
  const out = headers.map(([name, value]) => {
    const scrubbed = scrubHeader(name.toLowerCase(), value, work);
    if (scrubbed === value) return [name, value] as const;
    isSame = false;
    return [name, scrubbed] as const;
  });
  return isSame ? headers : out;
}

function scrubHeader(name: string, value: string, work: RuleWork): string {
  const rule = work.rules.header(name);
  if (rule === undefined) {
    if (isBinary(name)) return scrubBinary(value, work, work.formats);
    const query = ADDRESSES.has(name) ? value.indexOf("?") : -1;
    if (query < 0) return scrubPercent(value, work);
    const end = value.indexOf("#", query);
    const to = end < 0 ? value.length : end;
    return (
      scrubPercent(value.slice(0, query + 1), work) + scrubQuery(value.slice(query + 1, to), work) + value.slice(to)
    );
  }
  const replace = (secret: string): string => {
    const instead = work.replacer.replace(rule.action, secret);
    if (instead !== secret) work.fired.add(rule.name);
    return instead;
  };
  switch (name) {
    case "authorization":
    case "proxy-authorization": {
      const [, scheme = "", secret = value] = /^([!#$%&'*+.^_`|~\w-]+ +)(.+)$/.exec(value) ?? [];
      return scheme + replace(secret);
    }
    case "cookie":
      return value.replace(/[^;]+/g, (pair) => scrubCookie(pair, replace));
    case "set-cookie":
      // The first pair is the cookie; the others are attributes.
      return value.replace(/^[^;]+/, (pair) => scrubCookie(pair, replace));
    default:
      return isBinary(name) ? replaceBinary(value, rule, work) : replace(value);
  }
}

/** ` name=value`: the name, the spaces around it and quotes around the value stay. */
function scrubCookie(pair: string, replace: (value: string) => string): string {
  const [, before = "", value = "", after = ""] = /^(\s*[^=]*=\s*"?)(.*?)("?\s*)$/.exec(pair) ?? [];
  // A cookie without a name is all value.
  return before === "" ? pair.replace(/\S.*\S|\S/, (v) => replace(v)) : before + replace(value) + after;
}

/** Metadata whose name ends so holds base64. */
function isBinary(name: string): boolean {
  return name.endsWith("-bin");
}

/** A query, without its `?`, with secrets replaced. */
export function scrubQuery(query: string, work: RuleWork): string {
  if (query === "") return query;
  const scanner = createPairScanner(work.rules.query, work);
  scanner.push(query);
  scanner.end();
  return applyEdits(query, scanner.takeEdits());
}
