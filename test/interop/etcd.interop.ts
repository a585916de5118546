import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  differingLines,
  hasEtcd,
  INTEROP,
  pause,
  root,
  run,
  scratch,
  start,
  startEtcd,
  startWraith,
  until,
  wraith,
  type Result,
  type RunningWraith,
  type Server,
} from "./harness.ts";

const bin = (name: string): string => join(INTEROP, "bin", name);
/** grpcurl takes no absolute path of a .proto file. */
const PROTOS = join(INTEROP, "protos/etcd-plain");
const PLAIN = join(PROTOS, "rpc.proto");

interface Seen {
  readonly put: Result;
  readonly watch: string;
}

/** The quickstart by hand: a Watch in the background, then a Put; the Watch is stopped once it has printed the event. */
async function grpcurlSession(port: number): Promise<Seen> {
  const watch = start("sh", [
    "-c",
    `exec ${bin("grpcurl")} -plaintext -d '{"create_request":{"key":"L3Rlc3Qv","range_end":"L3Rlc3Q0"}}' -import-path ${PROTOS} -proto rpc.proto 127.0.0.1:${port} etcdserverpb.Watch/Watch >&2`,
  ]);
  await until(() => watch.stderr().includes('"created": true'), "the watch to be created");
  const put = await run(bin("grpcurl"), [
    "-plaintext",
    "-d",
    '{"key":"L3Rlc3QvazA=","value":"djA="}',
    "-import-path",
    PROTOS,
    "-proto",
    "rpc.proto",
    `127.0.0.1:${port}`,
    "etcdserverpb.KV/Put",
  ]);
  await until(() => watch.stderr().includes('"modRevision"'), "the watch to bring the event");
  await watch.stop();
  return { put, watch: watch.stderr() };
}

const grpcio = (port: number, ...args: string[]): Promise<Result> =>
  run(join(INTEROP, "venv/bin/python"), [
    join(root, "test/interop/etcd/drive.py"),
    `127.0.0.1:${port}`,
    "--lease-id",
    "7",
    ...args,
  ]);

const goClient = (port: number): Promise<Result> => run(bin("etcd-go-client"), [`127.0.0.1:${port}`]);

/** etcdctl: put, get, a watch that is stopped after its first event. */
async function etcdctl(port: number): Promise<string> {
  const endpoint = ["--endpoints", `127.0.0.1:${port}`];
  const watch = start("sh", ["-c", `exec ${bin("etcdctl")} ${endpoint.join(" ")} watch --prefix /ctl/ >&2`]);
  await pause(500);
  const put = await run(bin("etcdctl"), [...endpoint, "put", "/ctl/a", "one"]);
  const get = await run(bin("etcdctl"), [...endpoint, "get", "--prefix", "/ctl/"]);
  await until(() => watch.stderr().includes("one"), "etcdctl's watch to bring the event");
  await watch.stop();
  return [put.stdout, get.stdout, watch.stderr()].join("---\n");
}

describe.skipIf(!hasEtcd)("etcd, with grpcurl, etcdctl, clientv3 and Python grpcio", () => {
  const { dir, remove } = scratch();
  let etcd: Server;

  beforeEach(async () => {
    etcd = await startEtcd();
    rmSync(join(dir, "twins"), { recursive: true, force: true });
    expect((await wraith(dir, "init", "etcd", "--base-url", etcd.url)).code).toBe(0);
  });
  afterEach(async () => {
    await etcd.stop();
    rmSync(join(dir, "twins"), { recursive: true, force: true });
  });

  async function learned(): Promise<RunningWraith> {
    const synth = await wraith(dir, "synth", "etcd", "--json");
    expect(synth.stderr).not.toContain("wraith:");
    const { report } = JSON.parse(synth.stdout) as { report: { events: number; exactEvents: number } };
    expect(report.exactEvents).toBe(report.events);
    for (const mode of ["--in-memory", "--wire"]) {
      const check = await wraith(dir, "check", "etcd", mode, "--json");
      const { conformance } = JSON.parse(check.stdout) as {
        conformance: { divergence_count: number; divergences: readonly object[] };
      };
      expect(conformance.divergences.slice(0, 3)).toEqual([]);
      expect(check.code).toBe(0);
    }
    return startWraith(dir, "serve", "etcd");
  }

  it.each([
    ["the import-free proto", () => cpSync(PLAIN, join(dir, "twins/etcd/proto/rpc.proto"))],
    [
      "etcd's own protos with their imports",
      () => cpSync(join(INTEROP, "protos/etcd-full"), join(dir, "twins/etcd/proto"), { recursive: true }),
    ],
    ["no protos at all", () => undefined],
  ])("with %s: every client reads the twin as it read etcd", async (_, placeProtos) => {
    mkdirSync(join(dir, "twins/etcd/proto"), { recursive: true });
    placeProtos();
    const recorder = await startWraith(dir, "record", "etcd");
    const recorded = {
      curl: await grpcurlSession(recorder.port),
      python: await grpcio(recorder.port),
      go: await goClient(recorder.port),
      ctl: await etcdctl(recorder.port),
    };
    expect(recorded.python.stderr).toBe("");
    expect(await recorder.stop("SIGINT")).toBe(0);
    const twin = await learned();
    const curl = await grpcurlSession(twin.port);
    expect(curl.put).toEqual(recorded.curl.put);
    expect(differingLines(recorded.curl.watch, curl.watch)).toEqual([]);
    const python = await grpcio(twin.port);
    expect(differingLines(recorded.python.stdout, python.stdout)).toEqual([]);
    const go = await goClient(twin.port);
    expect(differingLines(recorded.go.stdout, go.stdout)).toEqual([]);
    expect(differingLines(recorded.ctl, await etcdctl(twin.port))).toEqual([]);
    expect(await twin.stop()).toBe(0);
  });

  it("a recorder between is transparent to all four clients", async () => {
    const direct = { python: await grpcio(etcd.port), go: await goClient(etcd.port) };
    await etcd.stop();
    etcd = await startEtcd();
    const other = scratch();
    await wraith(other.dir, "init", "etcd", "--base-url", etcd.url);
    const recorder = await startWraith(other.dir, "record", "etcd");
    const through = { python: await grpcio(recorder.port), go: await goClient(recorder.port) };
    await recorder.stop();
    other.remove();
    expect(differingLines(direct.python.stdout, through.python.stdout)).toEqual([]);
    // An etcd chooses the ids of leases at random where its client does not.
    const masked = (text: string): string => text.replaceAll(/("(?:ID|lease)":)"\d{10,}"/g, '$1"*"');
    expect(differingLines(masked(direct.go.stdout), masked(through.go.stdout))).toEqual([]);
  });

  it("the twin has reflection where it has schemas, and names what it knows where asked for what it does not", async () => {
    cpSync(PLAIN, join(dir, "twins/etcd/proto/rpc.proto"));
    const recorder = await startWraith(dir, "record", "etcd");
    await grpcurlSession(recorder.port);
    await recorder.stop();
    const twin = await learned();
    const list = await run(bin("grpcurl"), ["-plaintext", `127.0.0.1:${twin.port}`, "list"]);
    expect(list.stdout.split("\n")).toContain("etcdserverpb.Watch");
    const described = await run(bin("grpcurl"), [
      "-plaintext",
      `127.0.0.1:${twin.port}`,
      "describe",
      "etcdserverpb.KV.Put",
    ]);
    expect(described.stdout).toContain("rpc Put ( .etcdserverpb.PutRequest ) returns ( .etcdserverpb.PutResponse )");
    const unknown = await run(bin("grpcurl"), [
      "-plaintext",
      "-d",
      "{}",
      "-import-path",
      PROTOS,
      "-proto",
      "rpc.proto",
      `127.0.0.1:${twin.port}`,
      "etcdserverpb.KV/Compact",
    ]);
    expect(unknown.code).toBe(64 + 12);
    expect(unknown.stderr).toContain("/etcdserverpb.KV/Put");
    await twin.stop();
  });

  it("npm etcd3 reads the twin as it read etcd", async () => {
    cpSync(PLAIN, join(dir, "twins/etcd/proto/rpc.proto"));
    const drive = (port: number): Promise<Result> =>
      run(process.execPath, [join(root, "test/interop/etcd/etcd3.mjs"), `127.0.0.1:${port}`]);
    const recorder = await startWraith(dir, "record", "etcd");
    const recorded = await drive(recorder.port);
    expect(recorded.stderr).toBe("");
    await recorder.stop();
    const twin = await learned();
    expect(differingLines(recorded.stdout, (await drive(twin.port)).stdout)).toEqual([]);
    await twin.stop();
  });

  it("cleans up after itself", () => remove());
});
