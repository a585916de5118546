import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readSession } from "../store/recordings.ts";
import { createWorkspace, type Workspace } from "../store/workspace.ts";
import { createRecordingSession, type RecordingSession } from "./recording-session.ts";

let root: string;
let workspace: Workspace;
let notices: string[];
let now: number;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "wraith-session-"));
  workspace = await createWorkspace(root, "t", { baseUrl: "http://a", force: false });
  notices = [];
  now = 0;
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A session of a recorder that was started at `wallMs`. */
function begin(id: string, named = true, wallMs = Date.UTC(2026, 10, 22, 10)): RecordingSession {
  return createRecordingSession({
    workspace,
    id,
    named,
    baseUrl: "http://a",
    tags: [],
    scrub: {},
    nowMs: () => now,
    wallMs,
    onNotice: (text) => notices.push(text),
    onBusy: () => undefined,
    onQuiet: () => undefined,
  });
}

/** Begins an exchange; the returned function ends it. */
function exchange(session: RecordingSession, path: string, connection: object = {}): () => void {
  const sink = session.begin(connection);
  sink.append(now, () => ({
    open: {
      protocol: "http",
      httpVersion: "1.1",
      conn: sink.conn(),
      stream: null,
      method: "GET",
      path,
      query: "",
      headers: [],
    },
  }));
  return () => {
    sink.append(now, { close: { shape: "clean", by: "server" } });
    sink.close();
  };
}

async function read(
  id: string,
): Promise<{ exchanges: (string | number)[][]; ended: boolean; bad: number; startedAt: string }> {
  const { exchanges, ended, badLines, head } = await readSession(workspace, id);
  return {
    exchanges: exchanges.map((e) => [e.index, e.request.path, e.conn, e.openUs, e.close.shape]),
    ended,
    bad: badLines.length,
    startedAt: head.startedAt,
  };
}

it("a session without exchanges leaves no file", async () => {
  await begin("a", false).end();
  await expect(readSession(workspace, "a")).rejects.toMatchObject({ code: "RECORDING_MISSING" });
});

it("what happens before the file is open is in it, in order and with its times", async () => {
  now = 5;
  const session = begin("a", false);
  const connection = {};
  const first = exchange(session, "/0", connection);
  now = 6;
  exchange(session, "/1")();
  exchange(session, "/2", connection)();
  now = 7.5;
  first();
  await session.end();
  expect(await read("a")).toEqual({
    exchanges: [
      [0, "/0", 1, 0, "clean"],
      [1, "/1", 2, 1000, "clean"],
      [2, "/2", 1, 1000, "clean"],
    ],
    ended: true,
    bad: 0,
    startedAt: "2026-11-22T10:00:00.005000Z",
  });
});

it("a named session goes on with its numbers and its times, also after a crash", async () => {
  const earlier = begin("a");
  exchange(earlier, "/0")();
  await earlier.end();
  appendFileSync(join(workspace.sessionsDir, "a.wrec"), '{"x":1,"atUs":9,"op');
  const again = begin("a", true, Date.UTC(2026, 10, 22, 10, 0, 2));
  exchange(again, "/1")();
  await again.end();
  expect(await read("a")).toMatchObject({
    exchanges: [
      [0, "/0", 1, 0, "clean"],
      [1, "/1", 2, 2_000_000, "clean"],
    ],
    ended: true,
    bad: 1,
  });
});

it("a named session that another process records is not written to: its numbers would be given twice", async () => {
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"]);
  const lock = join(workspace.sessionsDir, "a.lock");
  try {
    writeFileSync(lock, `${other.pid}\n`);
    const refused = begin("a");
    exchange(refused, "/0")();
    await refused.end();
    expect(refused.exchangeCount).toBe(0);
    expect(notices).toEqual([
      expect.stringMatching(`Session a cannot be written .*process ${other.pid}, .*unrecorded`),
    ]);
    await expect(readSession(workspace, "a")).rejects.toMatchObject({ code: "RECORDING_MISSING" });
    const elsewhere = begin("b");
    exchange(elsewhere, "/1")();
    await elsewhere.end();
    expect(await read("b")).toMatchObject({ exchanges: [[0, "/1", 1, 0, "clean"]] });
  } finally {
    other.kill("SIGKILL");
    await once(other, "exit");
  }
  // It was killed, and its lock stayed.
  expect(existsSync(lock)).toBe(true);
  const later = begin("a");
  exchange(later, "/2")();
  await later.end();
  expect(await read("a")).toMatchObject({ exchanges: [[0, "/2", 1, 0, "clean"]] });
  expect(existsSync(lock)).toBe(false);
});

it("sessions of one name that overlap share the file and its numbers", async () => {
  const one = begin("a");
  const held = exchange(one, "/held");
  const oneEnded = one.end();
  const two = begin("a");
  exchange(two, "/1")();
  const three = begin("a");
  exchange(three, "/2")();
  await two.end();
  held();
  await Promise.all([oneEnded, three.end()]);
  expect(await read("a")).toMatchObject({
    exchanges: [
      [0, "/held", 1, 0, "clean"],
      [1, "/1", 2, 0, "clean"],
      [2, "/2", 3, 0, "clean"],
    ],
    ended: true,
    bad: 0,
  });
});

it("one that begins while the last of its name is being closed waits for it", async () => {
  const one = begin("a");
  exchange(one, "/0")();
  while (
    !existsSync(join(workspace.sessionsDir, "a.wrec")) ||
    !readFileSync(join(workspace.sessionsDir, "a.wrec"), "utf8").includes("close")
  )
    await new Promise((r) => setTimeout(r, 1));
  // Still on its way to the disk when the next one begins.
  exchange(one, "/1")();
  exchange(one, "/2")();
  const ended = one.end();
  for (let i = 0; i < 3; i++) await Promise.resolve();
  const two = begin("a");
  exchange(two, "/3")();
  await Promise.all([ended, two.end()]);
  expect(await read("a")).toMatchObject({
    exchanges: [
      [0, "/0", 1, 0, "clean"],
      [1, "/1", 2, 0, "clean"],
      [2, "/2", 3, 0, "clean"],
      [3, "/3", 4, 0, "clean"],
    ],
    ended: true,
    bad: 0,
  });
});

it("a file that cannot be gone on with is said once, and the relay goes on", async () => {
  const file = join(workspace.sessionsDir, "a.wrec");
  writeFileSync(file, "broken\n");
  const session = begin("a");
  exchange(session, "/0")();
  exchange(session, "/1")();
  await session.end();
  expect(notices).toHaveLength(1);
  expect(notices[0]).toContain("Session a cannot be written");
  expect(readFileSync(file, "utf8")).toBe("broken\n");
});
