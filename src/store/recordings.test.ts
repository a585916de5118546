import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionHead } from "../recording/exchange.ts";
import { openJournal } from "./journal.ts";
import { listSessions, readSession, readSessions } from "./recordings.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

let root: string;
let workspace: Workspace;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "wraith-recordings-"));
  workspace = await createWorkspace(root, "t", { baseUrl: "http://a", force: false });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function headOf(session: string, startedAt = "2026-11-22T10:00:00.000000Z", tags: string[] = []): SessionHead {
  return { session, twin: "t", baseUrl: "http://a", startedAt, tags, tool: "wraith 1", scrub: {} };
}

const fileOf = (name: string): string => join(workspace.sessionsDir, name);
const OPEN = {
  protocol: "http",
  httpVersion: "1.1",
  conn: 1,
  stream: null,
  method: "GET",
  path: "/",
  query: "",
  headers: [],
};
const opened = (x: number): object => ({ x, atUs: 0, open: OPEN });
const closed = (x: number): object => ({ x, atUs: 1, close: { shape: "clean", by: "server" } });

function write(name: string, ...lines: object[]): void {
  const text = lines.map((l) => `${JSON.stringify(l)}\n`).join("");
  writeFileSync(fileOf(name), name.endsWith(".gz") ? gzipSync(text) : text);
}

async function ids(filter: { sessions?: string[]; tags?: string[] } = {}): Promise<string[]> {
  const out: string[] = [];
  for await (const s of readSessions(workspace, { sessions: [], tags: [], ...filter })) out.push(s.head.session);
  return out;
}

describe("sessions", () => {
  it("come in order of their start, to the microsecond, then by name, zipped or not", async () => {
    write("b.wrec", { wrec: 1, ...headOf("b", "2026-11-22T10:00:00.000002Z") });
    write("a.wrec.gz", { wrec: 1, ...headOf("a", "2026-11-22T10:00:00.000010Z") });
    write("d.wrec", { wrec: 1, ...headOf("d", "2026-11-22T10:00:00.000001Z") });
    write("c.wrec", { wrec: 1, ...headOf("c", "2026-11-22T10:00:00.000001Z") });
    write("z.wrec", { wrec: 1, ...headOf("z", "2026-11-22T09:00:00Z") });
    writeFileSync(fileOf("empty.wrec"), "");
    writeFileSync(fileOf("notes.txt"), "x");
    expect(await listSessions(workspace)).toEqual(["z", "c", "d", "b", "a"]);
    expect(await ids()).toEqual(["z", "c", "d", "b", "a"]);
  });

  it("are chosen by id and by tag", async () => {
    write("a.wrec", { wrec: 1, ...headOf("a", undefined, ["x", "y"]) });
    write("b.wrec", { wrec: 1, ...headOf("b", undefined, ["y"]) });
    write("c.wrec", { wrec: 1, ...headOf("c") });
    expect(await ids({ tags: ["x"] })).toEqual(["a"]);
    expect(await ids({ tags: ["y", "z"] })).toEqual(["a", "b"]);
    expect(await ids({ sessions: ["c", "b"] })).toEqual(["b", "c"]);
    expect(await ids({ sessions: ["c", "b"], tags: ["y"] })).toEqual(["b"]);
    await expect(ids({ sessions: ["b", "nope"] })).rejects.toMatchObject({ code: "RECORDING_MISSING" });
  });

  it("that are not there are named, with those that are", async () => {
    await expect(readSession(workspace, "a")).rejects.toThrow('"t" has no session "a"; it has no recordings.');
    write("b.wrec", { wrec: 1, ...headOf("b") });
    await expect(readSession(workspace, "../b")).rejects.toThrow('"t" has no session "../b"; it has b.');
    rmSync(workspace.sessionsDir, { recursive: true });
    expect(await listSessions(workspace)).toEqual([]);
  });

  it("with a broken first line come last, and are refused with their place", async () => {
    writeFileSync(fileOf("a.wrec"), '{"wrec":1,"sess');
    write("b.wrec", { wrec: 1, ...headOf("b") });
    expect(await listSessions(workspace)).toEqual(["b", "a"]);
    await expect(readSession(workspace, "a")).rejects.toMatchObject({
      code: "RECORDING_INVALID",
      place: { file: fileOf("a.wrec"), line: 1 },
    });
  });

  it("have the name of their file, whatever they say themselves", async () => {
    write("copy.wrec", { wrec: 1, ...headOf("a") }, opened(0));
    expect(await readSession(workspace, "copy")).toMatchObject({
      head: { session: "copy" },
      exchanges: [{ session: "copy" }],
    });
  });

  it("zipped and cut off are read as far as they go", async () => {
    const lines = [
      { wrec: 1, ...headOf("a") },
      opened(0),
      ...Array.from({ length: 5000 }, (_, i) => ({ x: 0, atUs: i, dir: "server", text: `${Math.sin(i)}` })),
      closed(0),
    ];
    write("a.wrec.gz", ...lines);
    const whole = readFileSync(fileOf("a.wrec.gz"));
    expect(await readSession(workspace, "a")).toMatchObject({ badLines: [], exchanges: [{ close: { by: "server" } }] });
    writeFileSync(fileOf("a.wrec.gz"), whole.subarray(0, whole.length / 2));
    const { exchanges, badLines } = await readSession(workspace, "a");
    expect(exchanges[0]).toMatchObject({ close: { shape: "truncated", by: "recorder" } });
    expect(exchanges[0]!.chunks.length).toBeGreaterThan(1000);
    expect(badLines.at(-1)!.reason).toContain("not whole gzip");
  });

  it("whose first line is broken are refused at that line", async () => {
    writeFileSync(fileOf("a.wrec"), "broken\n");
    await expect(ids()).rejects.toMatchObject({
      code: "RECORDING_INVALID",
      place: { file: fileOf("a.wrec"), line: 1 },
    });
  });

  it("of which nothing can be read are not passed over", async () => {
    write("a.wrec", { wrec: 1, ...headOf("a") }, opened(0), closed(0));
    for (const [make, reason] of [
      [(file: string) => writeFileSync(`${file}.gz`, "no gzip"), "not whole gzip"],
      [(file: string) => mkdirSync(file), "EISDIR"],
      [(file: string) => symlinkSync(file, file), "ELOOP"],
    ] as const) {
      make(fileOf("b.wrec"));
      await expect(ids()).rejects.toMatchObject({
        code: "RECORDING_INVALID",
        message: expect.stringContaining(reason) as string,
        place: { file: expect.stringContaining("b.wrec") as string },
      });
      expect(await listSessions(workspace)).toEqual(["a", "b"]);
      for (const name of ["b.wrec", "b.wrec.gz"]) rmSync(fileOf(name), { recursive: true, force: true });
    }
  });
});

describe("a journal", () => {
  it("writes lines in order, gathered, and the file is whole when it is closed", async () => {
    const journal = await openJournal(workspace, headOf("a", undefined, ["x"]));
    journal.append(opened(0));
    for (let i = 0; i < 2000; i++) journal.append({ x: 0, atUs: i, dir: "server", text: `ü${i}` });
    const bytes = readFileSync(fileOf("a.wrec")).length;
    expect(journal.waitingBytes).toBeGreaterThan(80_000);
    journal.append(closed(0));
    await journal.close();
    expect([journal.waitingBytes, journal.failure, readFileSync(fileOf("a.wrec")).length > bytes]).toEqual([
      0,
      undefined,
      true,
    ]);
    const session = await readSession(workspace, "a");
    expect(session.head).toEqual(headOf("a", undefined, ["x"]));
    expect(session.exchanges[0]!.chunks.map((c) => Buffer.from(c.bytes).toString())).toEqual(
      Array.from({ length: 2000 }, (_, i) => `ü${i}`),
    );
    journal.append({ atUs: 9, late: true });
    expect(readFileSync(fileOf("a.wrec"), "utf8")).not.toContain("late");
  });

  it("writes what waits without being closed, and what comes while it writes", async () => {
    const journal = await openJournal(workspace, headOf("a"));
    for (let i = 0; i < 20; i++) {
      journal.append({ x: 0, atUs: i, dir: "server", text: "a".repeat(200_000) });
      while (journal.waitingBytes > 300_000) await new Promise((r) => setTimeout(r, 1));
    }
    while (journal.waitingBytes > 0) await new Promise((r) => setTimeout(r, 1));
    expect(readFileSync(fileOf("a.wrec"), "utf8").split("\n")).toHaveLength(22);
    await journal.close();
  });

  it("goes on with a session that exists, whose last line may be torn", async () => {
    write("a.wrec", { wrec: 1, ...headOf("a") }, opened(0), closed(0));
    appendFileSync(fileOf("a.wrec"), '{"x":1,"atUs":5,"op');
    const journal = await openJournal(workspace, headOf("a", "2027-01-01T00:00:00Z"));
    journal.append(opened(1));
    journal.append(closed(1));
    await journal.close();
    const session = await readSession(workspace, "a");
    expect(session.head.startedAt).toBe(headOf("a").startedAt);
    expect(session.badLines).toMatchObject([{ line: 4 }]);
    expect(session.exchanges.map((e) => e.close.by)).toEqual(["server", "server"]);
  });

  it("goes on with a session that was zipped since", async () => {
    write("a.wrec.gz", { wrec: 1, ...headOf("a") }, opened(0), closed(0));
    const journal = await openJournal(workspace, headOf("a"));
    journal.append(opened(1));
    await journal.close();
    expect(readdirSync(workspace.sessionsDir)).toEqual(["a.wrec"]);
    expect((await readSession(workspace, "a")).exchanges).toHaveLength(2);
  });

  it("gives an empty file its first line", async () => {
    writeFileSync(fileOf("a.wrec"), "");
    await (await openJournal(workspace, headOf("a"))).close();
    expect(await listSessions(workspace)).toEqual(["a"]);
  });

  it("that cannot be opened says so", async () => {
    rmSync(workspace.sessionsDir, { recursive: true });
    writeFileSync(workspace.sessionsDir, "in the way");
    await expect(openJournal(workspace, headOf("a"))).rejects.toMatchObject({
      code: "DISK_FAILED",
      place: { file: fileOf("a.wrec") },
    });
  });

  it("whose disk is full remembers it, drops what comes and still closes", async () => {
    symlinkSync("/dev/full", fileOf("full.wrec"));
    if (process.platform === "linux")
      await expect(openJournal(workspace, headOf("full"))).rejects.toMatchObject({ code: "DISK_FAILED" });
    const journal = await openJournal(workspace, headOf("a"));
    const probe = await open(fileOf("a.wrec"));
    const write = vi
      .spyOn(Object.getPrototypeOf(probe) as typeof probe, "appendFile")
      .mockRejectedValueOnce(new Error("ENOSPC: no space left"));
    await probe.close();
    journal.append(opened(0));
    while (journal.failure === undefined) await new Promise((r) => setTimeout(r, 1));
    journal.append(closed(0));
    expect([journal.failure.message, journal.waitingBytes]).toEqual(["ENOSPC: no space left", 0]);
    await journal.close();
    expect(write).toHaveBeenCalledTimes(1);
    write.mockRestore();
  });
});
