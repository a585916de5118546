import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { readSession } from "./recordings.ts";
import { createWorkspace } from "./workspace.ts";

/** Writes a chunk every few milliseconds for ever; says the number of each chunk that has left for the disk. */
const WRITER = `
  import { openJournal } from ${JSON.stringify(join(import.meta.dirname, "journal.ts"))};
  import { workspaceAt } from ${JSON.stringify(join(import.meta.dirname, "workspace.ts"))};
  const head = { session: "s", twin: "t", baseUrl: "http://a", startedAt: new Date().toISOString(), tags: [], tool: "t", scrub: {} };
  const journal = await openJournal(workspaceAt(process.argv[2], "t"), head);
  journal.append({ x: 0, atUs: 0, open: { protocol: "http", httpVersion: "1.1", conn: 1, stream: null, method: "GET", path: "/", query: "", headers: [] } });
  journal.append({ x: 0, atUs: 0, head: { status: 200, headers: [] } });
  for (let n = 0; ; n++) {
    journal.append({ x: 0, atUs: n, dir: "server", text: n + "\\n" });
    await new Promise((resolve) => setTimeout(resolve, 3));
    if (journal.waitingBytes === 0) process.stdout.write(n + "\\n");
  }
`;

it("a recorder that is killed leaves everything that had left for the disk, in order, and reads as truncated", async () => {
  const root = mkdtempSync(join(tmpdir(), "wraith-killed-"));
  try {
    const workspace = await createWorkspace(root, "t", { baseUrl: "http://a", force: false });
    writeFileSync(join(root, "writer.mts"), WRITER);
    const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), join(root, "writer.mts"), root], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exited = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    let said = -1;
    for await (const line of createInterface({ input: child.stdout })) {
      said = Number(line);
      // Whatever it says afterwards only makes the test stricter.
      if (said >= 20) child.kill("SIGKILL");
    }
    expect(await exited).toBe("SIGKILL");
    const session = await readSession(workspace, "s");
    expect(session.ended).toBe(false);
    const [exchange] = session.exchanges;
    expect(exchange).toMatchObject({ close: { shape: "truncated", by: "recorder" } });
    const numbers = exchange!.chunks.map((c) => Number(Buffer.from(c.bytes).toString()));
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(numbers.length).toBeGreaterThan(said);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
