import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WraithError } from "../base/errors.ts";
import { readConfig, refuseConfig } from "./config.ts";
import { findTomlField } from "./toml-places.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

let root: string;
let workspace: Workspace;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "wraith-config-"));
  workspace = await createWorkspace(root, "t", { baseUrl: "http://a", force: false });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function failure(text: string): Promise<WraithError> {
  writeFileSync(workspace.configFile, text);
  const error = await readConfig(workspace).catch((e: unknown) => e);
  if (error instanceof WraithError) return error;
  throw new Error("no error");
}

describe("wraith.toml", () => {
  it("needs nothing but a base URL", async () => {
    writeFileSync(workspace.configFile, 'base_url = "http://a"\n');
    expect(await readConfig(workspace)).toEqual({
      baseUrl: "http://a",
      upstream: { ca: undefined, headers: {}, allow: [] },
      recordings: { maxMessageMb: 10, sessionIdleSeconds: 30 },
      descriptorSet: undefined,
      serve: { fidelity: "synth", seed: 0, provenanceHeaders: true },
      diff: {
        requiredScore: 1,
        sessionPassRate: 1,
        upstreamRequiredScore: 0.9,
        upstreamSessionPassRate: 0.95,
        suppress: [],
        fields: {},
      },
    });
  });

  it("gives every field its value", async () => {
    writeFileSync(
      workspace.configFile,
      `\ufeffbase_url = "https://a/b"
upstream = { ca = "x.pem", headers = { "X-A.B" = "1" }, allow = ["POST /x", "PUT /y"] }
[recordings]
max_message_mb = 64
session_idle_seconds = 0.5
[schemas]
descriptor_set = "d.pb"
[serve]
fidelity = "strict"
seed = 7
provenance_headers = false
[diff]
required_score = 0.5
session_pass_rate = 0
upstream_required_score = 0.25
upstream_session_pass_rate = 0.125
fields = { "data.a[].b" = "text" }
[[diff.suppress]]
path = "headers.*"
reason = "because"
[[diff.suppress]]
route = "GET /*"
category = "header_mismatch"
reason = "so"
`,
    );
    expect(await readConfig(workspace)).toEqual({
      baseUrl: "https://a/b",
      upstream: { ca: "x.pem", headers: { "X-A.B": "1" }, allow: ["POST /x", "PUT /y"] },
      recordings: { maxMessageMb: 64, sessionIdleSeconds: 0.5 },
      descriptorSet: "d.pb",
      serve: { fidelity: "strict", seed: 7, provenanceHeaders: false },
      diff: {
        requiredScore: 0.5,
        sessionPassRate: 0,
        upstreamRequiredScore: 0.25,
        upstreamSessionPassRate: 0.125,
        suppress: [
          { path: "headers.*", reason: "because" },
          { route: "GET /*", category: "header_mismatch", reason: "so" },
        ],
        fields: { "data.a[].b": "text" },
      },
    });
  });

  const BASE = 'base_url = "http://a"\n';
  it.each([
    ["", "base_url is missing.", { line: 1, column: 1, field: "base_url" }],
    ["base_url = 3", "base_url must be text in quotes.", { line: 1, column: 1, field: "base_url" }],
    [
      `${BASE}[serve]\nsede = 1`,
      "serve.sede is not a field; did you mean seed?",
      { line: 3, column: 1, field: "serve.sede" },
    ],
    [`${BASE}\n[sevre]`, "sevre is not a field; did you mean serve?", { line: 3, column: 2, field: "sevre" }],
    [
      `${BASE}[serve]\nunheard_of = 1`,
      "serve.unheard_of is not a field; the fields here are fidelity, seed, provenance_headers.",
      { line: 3, field: "serve.unheard_of" },
    ],
    [`${BASE}serve = 1`, "serve must be a table.", { line: 2, field: "serve" }],
    [
      `${BASE}[serve]\nseed = 1.5`,
      "serve.seed must be a whole number from 0 to 9007199254740991.",
      { line: 3, field: "serve.seed" },
    ],
    [
      `${BASE}[serve]\n fidelity = "exact"`,
      'serve.fidelity must be one of synth, strict; "exact" is none of them.',
      { line: 3, column: 2, field: "serve.fidelity" },
    ],
    [
      `${BASE}serve.provenance_headers = "yes"`,
      "serve.provenance_headers must be true or false.",
      { line: 2, field: "serve.provenance_headers" },
    ],
    [
      `${BASE}[diff]\nrequired_score = 95`,
      "diff.required_score must be a number from 0 to 1.",
      { line: 3, field: "diff.required_score" },
    ],
    [
      `${BASE}[upstream]\nallow = [\n  "GET /",\n  3,\n]`,
      "upstream.allow[1] must be text in quotes.",
      { line: 5, column: 3, field: "upstream.allow[1]" },
    ],
    [
      `${BASE}[upstream]\nheaders = { a = "b", "c.d" = 1 }`,
      'upstream.headers["c.d"] must be text in quotes.',
      { line: 3, column: 22, field: 'upstream.headers["c.d"]' },
    ],
    [
      `${BASE}[upstream.headers]\nx-a = "b"\n"x a" = "b"`,
      'upstream.headers["x a"] is no name of a header',
      { line: 4, column: 1, field: 'upstream.headers["x a"]' },
    ],
    [
      `${BASE}[upstream.headers]\n"" = "b"`,
      'upstream.headers[""] is no name of a header',
      { line: 3, field: 'upstream.headers[""]' },
    ],
    [
      `${BASE}[upstream.headers]\nContent-Length = "7"`,
      "upstream.headers.Content-Length cannot be set",
      { line: 3, field: "upstream.headers.Content-Length" },
    ],
    [
      `${BASE}[upstream.headers]\nx-a = "a\\r\\n"`,
      "upstream.headers.x-a holds a character that no header can carry: U+000D.",
      { line: 3, column: 1, field: "upstream.headers.x-a" },
    ],
    [
      `${BASE}[upstream.headers]\nx-a = "a\\u0000"`,
      "upstream.headers.x-a holds a character that no header can carry: U+0000.",
      { line: 3, column: 1, field: "upstream.headers.x-a" },
    ],
    [
      `${BASE}[upstream.headers]\nx-a = "a€"`,
      "upstream.headers.x-a holds a character that no header can carry: U+20AC.",
      { line: 3, column: 1, field: "upstream.headers.x-a" },
    ],
    [
      `${BASE}[upstream.headers]\nx-a = "a\u{1f600}"`,
      "upstream.headers.x-a holds a character that no header can carry: U+1F600.",
      { line: 3, column: 1, field: "upstream.headers.x-a" },
    ],
    [
      `${BASE}[diff.fields]\ndata.id = "text"`,
      "diff.fields.data must be text; put a path that has dots in quotes.",
      { line: 3, column: 1, field: "diff.fields.data" },
    ],
    [`${BASE}[diff.fields]\n"a" = "txt"`, "diff.fields.a must be one of json,", { line: 3, field: "diff.fields.a" }],
    [
      `${BASE}[[diff.suppress]]\npath = "a"\nreason = "b"\n\n[[diff.suppress]]\npath = "a"`,
      "diff.suppress[1].reason is missing.",
      { line: 6, column: 3, field: "diff.suppress[1].reason" },
    ],
    [
      `${BASE}[[diff.suppress]]\npath = "a"\nreason = " "`,
      "diff.suppress[0].reason is empty.",
      { line: 4, field: "diff.suppress[0].reason" },
    ],
    [
      `${BASE}[[diff.suppress]]\nreason = "b"`,
      "diff.suppress[0] needs a route, a path or a category.",
      { line: 2, field: "diff.suppress[0]" },
    ],
    [
      `${BASE}[diff.suppress]\nreason = "b"`,
      "diff.suppress must be written as [[diff.suppress]].",
      { line: 2, field: "diff.suppress" },
    ],
    [`${BASE}[serve\nseed = 1`, "This is not TOML:", { line: 2 }],
  ])("%j: says what is wrong and where", async (text, message, place) => {
    const error = await failure(text);
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain(message);
    expect(error.place).toMatchObject({ file: workspace.configFile, ...place });
  });

  it("a bad base URL is an error of the URL, at its place", async () => {
    const error = await failure('\nbase_url = "http://a?b"');
    expect(error).toMatchObject({
      code: "BASE_URL_INVALID",
      place: { file: workspace.configFile, line: 2, column: 1, field: "base_url" },
    });
  });

  it("a field that turns out to be wrong later is named at its place, too", async () => {
    writeFileSync(workspace.configFile, `${BASE}[upstream]\nca = "a.pem"\n`);
    expect(await refuseConfig(workspace, ["upstream", "ca"], "names a file that does not exist")).toMatchObject({
      message: "upstream.ca names a file that does not exist.",
      place: { line: 3, column: 1, field: "upstream.ca" },
    });
  });
});

it("fields are found among all that TOML has", () => {
  const text = `# a = 1 [x]
s1 = "a # \\" = [b]" # c
s2 = 'C:\\'
s3 = """
k = 1
\\""" """
s4 = '''
k = 2
''''
list = [1, [2, "]"], {k = 3, "q\\u0020r" = [ # no ]
  4] }, ]
a.b . "c.d" = 1979-05-27T07:32:00Z
[t.u]
k = -1e5
[[arr]]
k = 1
  [arr.sub]
  k = 2
[[arr]]
[[arr.deep]]
k = 3
`;
  const at = (...field: (string | number)[]): string => text.slice(findTomlField(text, field)).split("\n", 1)[0]!;
  expect(at("s2")).toBe("s2 = 'C:\\'");
  expect(at("s3")).toBe('s3 = """');
  expect(at("s4")).toBe("s4 = '''");
  expect(at("list", 1, 1)).toMatch(/^"\]"/);
  expect(at("list", 2, "k")).toMatch(/^k = 3/);
  expect(at("list", 2, "q r", 0)).toBe("4] }, ]");
  expect(at("a", "b", "c.d")).toMatch(/^a\.b/);
  expect(at("t", "u", "k")).toBe("k = -1e5");
  expect(at("arr", 0, "k")).toBe("k = 1");
  expect(at("arr", 0, "sub", "k")).toBe("k = 2");
  expect(at("arr", 1, "deep", 0, "k")).toBe("k = 3");
  // What is not written down: the nearest around it.
  expect(at("arr", 1, "k")).toBe("arr]]");
  expect(at("nothing")).toBe("# a = 1 [x]");
});
