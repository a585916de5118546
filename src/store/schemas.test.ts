import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import { readSchemaSources } from "./schemas.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

let root: string;
let workspace: Workspace;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "wraith-schemas-"));
  workspace = await createWorkspace(root, "t", { baseUrl: "http://a", force: false });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const read = async () => readSchemaSources(workspace, await readConfig(workspace));

it("the set of wraith.toml comes first, then everything in proto/, sorted, with paths as imports name them", async () => {
  mkdirSync(join(workspace.protoDir, "b/c"), { recursive: true });
  for (const name of ["z.proto", "b/c/y.proto", "b/a.proto", "b/x.binpb", "w.pb", "v.desc", "README.md"])
    writeFileSync(join(workspace.protoDir, name), name);
  writeFileSync(join(workspace.dir, "own.bin"), "own");
  writeFileSync(
    workspace.configFile,
    'base_url = "http://a"\n[recordings]\nmax_message_mb = 2\n[schemas]\ndescriptor_set = "own.bin"\n',
  );
  const sources = await read();
  expect(sources.protoFiles).toEqual(["b/a.proto", "b/c/y.proto", "z.proto"].map((path) => ({ path, text: path })));
  expect(sources.descriptorSets.map((s) => [s.path, Buffer.from(s.bytes).toString()])).toEqual([
    [join(workspace.dir, "own.bin"), "own"],
    ["b/x.binpb", "b/x.binpb"],
    ["v.desc", "v.desc"],
    ["w.pb", "w.pb"],
  ]);
  expect(sources.maxMessageBytes).toBe(2 * 1024 * 1024);
});

it("a twin without schemas has none", async () => {
  rmSync(workspace.protoDir, { recursive: true });
  expect(await read()).toEqual({ protoFiles: [], descriptorSets: [], maxMessageBytes: 10 * 1024 * 1024 });
});

it("a descriptor set that is missing is an error at its place in wraith.toml", async () => {
  writeFileSync(workspace.configFile, 'base_url = "http://a"\n[schemas]\n  descriptor_set = "no.bin"\n');
  await expect(read()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    place: { file: workspace.configFile, line: 3, column: 3, field: "schemas.descriptor_set" },
    message: `schemas.descriptor_set names a file that does not exist: ${join(workspace.dir, "no.bin")}.`,
  });
});
