import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { selfSigned } from "../../test/wire/certificate.ts";
import { readConfig } from "../store/config.ts";
import { createWorkspace, type Workspace } from "../store/workspace.ts";
import { readCertificates } from "./certificates.ts";

let root: string;
let workspace: Workspace;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "wraith-ca-"));
  workspace = await createWorkspace(root, "t", { baseUrl: "https://a", force: false });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function read(ca: string): Promise<readonly string[] | undefined> {
  writeFileSync(workspace.configFile, `base_url = "https://a"\n[upstream]\nca = ${JSON.stringify(ca)}\n`);
  return readCertificates(workspace, await readConfig(workspace));
}

test("certificates of [upstream] ca are trusted beside Node's, also several in one file with words between them", async () => {
  const { cert } = selfSigned();
  const text = `My own:\n${cert}\nand another:\r\n${cert.replaceAll("\n", "\r\n")}`;
  writeFileSync(join(workspace.dir, "ca.pem"), text);
  const all = await read("ca.pem");
  expect(all!.length).toBeGreaterThan(10);
  expect(all!.at(-1)).toBe(text);
});

test("a file that is not there or holds no certificate is refused at its place: nobody more would be trusted", async () => {
  const { cert, key } = selfSigned();
  const refused = async (content: string | undefined, reason: string): Promise<void> => {
    const file = join(workspace.dir, "ca.pem");
    if (content !== undefined) writeFileSync(file, content);
    await expect(read("ca.pem")).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`upstream.ca names ${file}, ${reason}`) as string,
      place: { file: workspace.configFile, line: 3, column: 1, field: "upstream.ca" },
    });
  };
  await refused(undefined, "which cannot be read: ENOENT");
  await refused("", "in which there is no certificate in PEM");
  await refused(key, "in which there is no certificate in PEM");
  await refused(`${cert}\n${cert.replace(/\n.{20}/, "\nAAAA")}`, "whose certificate number 2 cannot be read");
});
