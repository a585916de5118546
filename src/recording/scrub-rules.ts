/** Rules as scrub.toml gives them, and as they are applied: with what is built in, compiled. */
import { digest } from "../base/digest.ts";
import { compileFieldPaths, type FieldPaths } from "./scrub-fields.ts";
import type { TextPattern, TextRules } from "./scrub-text.ts";
import type { ScrubAction } from "./scrub-tokens.ts";

export type ScrubScope = "header" | "query" | "json" | "proto" | "regex";

/** One `[[rule]]` of scrub.toml. */
export interface ScrubRule {
  /** Recordings name rules by it. */
  readonly name: string;
  readonly scope: ScrubScope;
  /**
   * What it applies to: a header's or query parameter's name (`*` stands for any characters), a path of JSON fields (`a.b[].c`, `*` for
   * one key, `**` for any number of them), a path of message fields, an expression (its first group, else all of it, is the secret).
   */
  readonly match: string;
  readonly action: ScrubAction;
}

/** `scrub.toml`, checked. */
export interface ScrubRules {
  readonly cardNumbers: boolean;
  readonly knownKeys: boolean;
  readonly rules: readonly ScrubRule[];
}

/** What a scrubber does without a scrub.toml. */
export const DEFAULT_SCRUB_RULES: ScrubRules = { cardNumbers: true, knownKeys: true, rules: [] };

/** A rule that applies to a place. */
export interface FieldRule {
  readonly name: string;
  readonly action: ScrubAction;
}

export interface CompiledRules {
  /** Two sets of rules that replace the same share it. */
  readonly digest: string;
  readonly text: TextRules;
  /** By lower-case name; cookies are a header's business. */
  readonly header: (name: string) => FieldRule | undefined;
  readonly query: (name: string) => FieldRule | undefined;
  readonly form: (name: string) => FieldRule | undefined;
  readonly json: FieldPaths;
  /** Paths of messages: the rules of `json` too, for a message is shown as JSON. */
  readonly proto: FieldPaths;
  readonly hasProtoRules: boolean;
}

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "token",
]);
const SECRET_FIELDS = ["api_key", "secret", "password", "access_token", "refresh_token", "client_secret"] as const;
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([...SECRET_FIELDS, "key", "token"]);
const SECRET_FORM_FIELDS: ReadonlySet<string> = new Set(SECRET_FIELDS);

/** Compiles rules. Expressions and paths were checked when they were read; one that cannot be compiled all the same throws a SyntaxError. */
export function compileScrubRules(rules: ScrubRules): CompiledRules {
  const of = (scope: ScrubScope): readonly ScrubRule[] => rules.rules.filter((r) => r.scope === scope);
  const patterns: TextPattern[] = of("regex").map((r) => ({
    name: r.name,
    action: r.action,
    pattern: compilePattern(r.match),
  }));
  const query = byName(of("query"));
  const formPaths = compileFieldPaths(of("json"), []);
  const builtIn = SECRET_FIELDS.map((name) => ({ name: `json:${name}`, match: name, action: "tokenize" as const }));
  const header = byName(of("header"));
  return {
    digest: digest(
      JSON.stringify([1, rules.cardNumbers, rules.knownKeys, rules.rules.map((r) => [r.scope, r.match, r.action])]),
    ),
    text: {
      keys: rules.knownKeys,
      cards: rules.cardNumbers,
      patterns,
      isWide: of("regex").some((r) => /\s|["'`.]|\[\^|\\[sSWDnrtf]/.test(r.match.replace(/\\[.\\]|\\S/g, ""))),
    },
    header: (name) => header(name) ?? builtInRule("header", SECRET_HEADERS, name),
    query: (name) => query(name.toLowerCase()) ?? builtInRule("query", SECRET_PARAMETERS, name.toLowerCase()),
    form: (name) => formPaths.find([name]) ?? builtInRule("form", SECRET_FORM_FIELDS, name.toLowerCase()),
    json: compileFieldPaths(of("json"), builtIn),
    proto: compileFieldPaths([...of("proto"), ...of("json")], builtIn, "message"),
    hasProtoRules: of("proto").length > 0,
  };
}

/** An expression of a user's rule. Throws SyntaxError. */
export function compilePattern(source: string): RegExp {
  try {
    return new RegExp(source, "gdu");
  } catch {
    // What is fine without the u flag (`\-`, `\_`) is not refused.
    return new RegExp(source, "gd");
  }
}

function builtInRule(kind: string, names: ReadonlySet<string>, name: string): FieldRule | undefined {
  return names.has(name) ? { name: `${kind}:${name}`, action: "tokenize" } : undefined;
}

/** Rules by name, `*` for any characters; names compare without case. */
function byName(rules: readonly ScrubRule[]): (lowerName: string) => FieldRule | undefined {
  const compiled = rules.map((rule) => {
    const source = rule.match
      .toLowerCase()
      .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", "[^]*");
    return { rule, pattern: new RegExp(`^${source}$`) };
  });
  return (name) => compiled.find((c) => c.pattern.test(name))?.rule;
}
