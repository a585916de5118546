import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openTwin } from "../../src/app/open-twin.ts";
import { startRecorder } from "../../src/app/record.ts";
import { createWorkspace } from "../../src/store/workspace.ts";
import { connectRaw } from "./raw-http1.ts";

test("a client that has its answer and asks for a new session finds the old one whole on the disk", async () => {
  const upstream = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.end("data: 1\n\n");
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void upstream.close());
  const root = await mkdtemp(join(tmpdir(), "wraith-session-"));
  onTestFinished(async () => rm(root, { recursive: true, force: true }));
  const baseUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const workspace = await createWorkspace(root, "t", { baseUrl, force: false });
  const twin = await openTwin(root, "t");
  const recorder = await startRecorder({
    ...twin,
    port: 0,
    tags: [],
    env: { WRAITH_HMAC_KEY: "k" },
    onNotice: () => {},
  });
  onTestFinished(async () => void (await recorder.stop()));
  // Right behind the stream, on one connection: nothing that was put off may be left behind.
  const client = await connectRaw(recorder.port);
  onTestFinished(() => void client.socket.destroy());
  const request = (method: string, path: string): string => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  client.send(request("GET", "/events") + request("GET", "/__wraith/info") + request("POST", "/__wraith/new-session"));
  await client.waitFor('"ended"');
  expect(client.received).toContain('"exchanges":1,"openExchanges":0');
  const ended = /"ended":"([^"]+)"/.exec(client.received)?.[1];
  const text = await readFile(join(workspace.sessionsDir, `${ended}.wrec`), "utf8");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(lines.at(-2)).toMatchObject({ x: 0, close: { shape: "clean", by: "server" } });
  expect(lines.at(-1)).toMatchObject({ ended: { exchanges: 1 } });
});
