import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createKeyFile, findKeyFile, readKey } from "./keys.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "wraith-keys-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test("a key is made once, for its owner only, and found again", async () => {
  expect(await findKeyFile(dir)).toBeUndefined();
  const keys = await Promise.all(Array.from({ length: 64 }, () => createKeyFile(dir)));
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(await readdir(dir)).toEqual([".wraith-key"]);
  expect((await stat(join(dir, ".wraith-key"))).mode & 0o777).toBe(0o600);
  expect(await readKey({ dir }, {})).toEqual({ kind: "secret", secret: keys[0], from: "file" });
  expect((await readFile(join(dir, ".wraith-key"), "utf8")).trim()).toBe(keys[0]);
});

test("the variable wins and makes no file; CI has no key without it", async () => {
  expect(await readKey({ dir }, { WRAITH_HMAC_KEY: "k", CI: "true" })).toEqual({
    kind: "secret",
    secret: "k",
    from: "variable",
  });
  expect(await readKey({ dir }, { CI: "true" })).toEqual({ kind: "missing" });
  expect(await readKey({ dir }, { WRAITH_HMAC_KEY: "", CI: "1" })).toEqual({ kind: "missing" });
  expect(await readdir(dir)).toEqual([]);
  await createKeyFile(dir);
  expect(await readKey({ dir }, { CI: "true" })).toEqual({ kind: "missing" });
  expect(await readKey({ dir }, { CI: "false" })).toMatchObject({ kind: "secret", from: "file" });
});

test("an empty key file is refused, for it would make tokens that anybody can make", async () => {
  await writeFile(join(dir, ".wraith-key"), " \n");
  await expect(readKey({ dir }, {})).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    place: { file: join(dir, ".wraith-key") },
  });
});
