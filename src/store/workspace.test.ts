import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import { readScrubRules } from "./scrub-config.ts";
import { createWorkspace, isName, listTwins, openWorkspace, workspaceAt } from "./workspace.ts";

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "wraith-store-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const make = (name: string, baseUrl = "http://localhost:1", force = false) =>
  createWorkspace(root, name, { baseUrl, force });

describe("init", () => {
  it("makes what wraith.toml promises, and it reads back", async () => {
    const workspace = await make("my-llm", "https://api.example.com/v2/");
    expect(await openWorkspace(root, "my-llm")).toEqual(workspace);
    expect(workspace.dir).toBe(join(root, "twins", "my-llm"));
    const config = await readConfig(workspace);
    expect(config.baseUrl).toBe("https://api.example.com/v2/");
    expect(readFileSync(join(workspace.dir, ".gitignore"), "utf8").split("\n")).toEqual(
      expect.arrayContaining(["reports/"]),
    );
  });

  it("every field that its wraith.toml has in comments is one that is read", async () => {
    const workspace = await make("a");
    const text = readFileSync(workspace.configFile, "utf8");
    // Prose begins with a capital letter; what is left are tables and fields.
    writeFileSync(workspace.configFile, text.replaceAll(/^# (?=\[|"|[a-z_]+ = )/gm, ""));
    const config = await readConfig(workspace);
    expect(config.upstream).toEqual({
      ca: "ca.pem",
      allow: ["POST /v1/chat/*"],
      headers: { authorization: "Bearer ${API_KEY}" },
    });
    expect([config.descriptorSet, config.diff.suppress.length, Object.keys(config.diff.fields).length]).toEqual([
      "api.binpb",
      1,
      1,
    ]);
  });

  it("so is every field that its scrub.toml has in comments", async () => {
    const workspace = await make("a");
    expect(await readScrubRules(workspace)).toEqual({ cardNumbers: true, knownKeys: true, rules: [] });
    const text = readFileSync(workspace.scrubFile, "utf8");
    writeFileSync(workspace.scrubFile, text.replaceAll(/^# (?=\[|[a-z_]+ = )/gm, ""));
    const { rules } = await readScrubRules(workspace);
    expect(rules).toMatchObject([{ scope: "json", match: "user.email", action: "tokenize" }]);
  });

  it("refuses a twin that is there, unless forced; forcing keeps recordings and rules", async () => {
    const workspace = await make("a");
    const recording = join(workspace.sessionsDir, "s.wrec");
    writeFileSync(recording, "x");
    writeFileSync(workspace.scrubFile, "# mine");
    await expect(make("a", "http://other")).rejects.toMatchObject({
      code: "WORKSPACE_EXISTS",
      place: { file: workspace.configFile },
    });
    expect((await readConfig(workspace)).baseUrl).toBe("http://localhost:1");
    await make("a", "http://other", true);
    expect((await readConfig(workspace)).baseUrl).toBe("http://other");
    expect([readFileSync(recording, "utf8"), readFileSync(workspace.scrubFile, "utf8")]).toEqual(["x", "# mine"]);
  });

  it.each([
    ["localhost:11435", "did you mean http://localhost:11435?"],
    ["ftp://a", "is not an http:// or https:// URL"],
    ["", "is not an http:// or https:// URL"],
    ["http://user:hunter2@a", "has a user name or password in it"],
    ["http://a/?x=1", "has a query"],
    ["http://a?", "has a query"],
    ["http://a#", "has a fragment"],
    ["http://a b", "has white space or a backslash in it"],
    ["http://a:99999", "cannot be read as a URL"],
  ])("refuses the base URL %j and leaves nothing behind", async (url, reason) => {
    const error = await make("a", url).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "BASE_URL_INVALID" });
    expect((error as Error).message).toContain(reason);
    expect((error as Error).message).not.toContain("hunter2");
    expect(await listTwins(root)).toEqual([]);
  });
});

describe("names", () => {
  it("are letters, digits, dots, dashes and underscores, 64 at most", () => {
    for (const name of ["a", "9", "a.b-c_D", "a".repeat(64)]) expect(isName(name)).toBe(true);
    for (const name of ["", ".a", "-a", "a/b", "a b", "a".repeat(65), "é", "a\n"]) {
      expect(isName(name)).toBe(false);
      expect(() => workspaceAt(root, name)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
    }
  });
});

describe("a twin that is not there", () => {
  it("says where it looked and which twins there are", async () => {
    await make("b");
    await make("a");
    mkdirSync(join(root, "twins", "no-config"));
    const error = await openWorkspace(root, "c").catch((e: unknown) => e as Error);
    expect(error).toMatchObject({ code: "WORKSPACE_MISSING" });
    expect((error as Error).message).toBe(
      `There is no twin "c" (looked for ${join(root, "twins", "c", "wraith.toml")}; twins in that folder: a, b).`,
    );
    const alone = await openWorkspace(join(root, "elsewhere"), "c").catch((e: unknown) => e as Error);
    expect((alone as Error).message).toContain("there are no twins in that folder");
  });
});
