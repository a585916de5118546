import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  differingLines,
  hasCatalog,
  INTEROP,
  root,
  run,
  scratch,
  startWraith,
  wraith,
  type RunningWraith,
} from "./harness.ts";

const folder = join(root, "test/interop/catalog");
const descriptors = join(INTEROP, "catalog.binpb");

/** Every client's lines, one after the other: each recorded request comes up again in the order in which it was recorded. */
async function drive(port: number): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const [name, command, args] of [
    ["grpc-js", process.execPath, [join(folder, "client-grpc-js.mjs"), String(port)]],
    ["connect-node", process.execPath, [join(folder, "client-connect.mjs"), String(port), descriptors]],
    ["grpc-go", join(INTEROP, "bin/catalog-go-client"), [`127.0.0.1:${port}`, descriptors]],
  ] as const) {
    const { code, stdout, stderr } = await run(command, args);
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`);
    seen[name] = stdout;
  }
  return seen;
}

describe.skipIf(!hasCatalog)(
  "a grpc-js service with every kind of field, with grpc-js, connect-node and grpc-go",
  () => {
    const { dir, remove } = scratch();
    let service: ChildProcess;
    let port: number;
    let recorded: Record<string, string>;

    beforeAll(async () => {
      service = spawn(process.execPath, [join(folder, "service.mjs")], { stdio: ["ignore", "pipe", "inherit"] });
      const [text] = (await once(service.stdout!, "data")) as [Buffer];
      port = Number(text.toString());
      expect((await wraith(dir, "init", "shop", "--base-url", `http://127.0.0.1:${port}`)).code).toBe(0);
      const recorder = await startWraith(dir, "record", "shop");
      recorded = await drive(recorder.port);
      expect(await recorder.stop("SIGINT")).toBe(0);
    });

    afterAll(() => {
      service.kill();
      remove();
    });

    async function learned(): Promise<RunningWraith> {
      const synth = await wraith(dir, "synth", "shop", "--json", "--force");
      const { report } = JSON.parse(synth.stdout) as { report: { events: number; exactEvents: number } };
      expect(report.events).toBeGreaterThan(20);
      expect(report.exactEvents).toBe(report.events);
      for (const mode of ["--in-memory", "--wire"]) {
        const check = await wraith(dir, "check", "shop", mode, "--json");
        const { conformance } = JSON.parse(check.stdout) as {
          conformance: { divergence_count: number; divergences: readonly object[] };
        };
        expect(conformance.divergences.slice(0, 3)).toEqual([]);
        expect(conformance.divergence_count).toBe(0);
      }
      return startWraith(dir, "serve", "shop");
    }

    async function sameOnTwin(): Promise<void> {
      const twin = await learned();
      const seen = await drive(twin.port);
      expect(await twin.stop()).toBe(0);
      for (const [name, lines] of Object.entries(recorded))
        expect(differingLines(lines, seen[name]!), name).toEqual([]);
    }

    it("every call of every client ended as it should, through the recorder", () => {
      for (const [name, lines] of Object.entries(recorded)) {
        const codes = lines
          .trim()
          .split("\n")
          .map(
            (line) =>
              JSON.parse(line) as { scenario: string; messages: unknown[]; code?: string; end?: { code: number } },
          );
        const ends = codes.map(
          (c) => `${c.scenario} ${c.messages.length} ${String(c.end?.code ?? c.code).toLowerCase()}`,
        );
        expect(ends, name).toEqual([
          expect.stringMatching(/^unary 1 (0|ok)$/),
          expect.stringMatching(/^unary.other 1 (0|ok)$/),
          expect.stringMatching(/^stream 3 (0|ok)$/),
          expect.stringMatching(/^stream.empty 0 (0|ok)$/),
          expect.stringMatching(/^error 0 (5|notfound)$/),
          expect.stringMatching(/^deadline 2 (4|deadlineexceeded)$/),
          expect.stringMatching(/^cancel 2 (1|canceled)$/),
        ]);
      }
    });

    it("without schemas the twin says to each client what the service said", sameOnTwin);

    it("with the .proto file too, and reflection then works", async () => {
      mkdirSync(join(dir, "twins/shop/proto"), { recursive: true });
      cpSync(join(folder, "catalog.proto"), join(dir, "twins/shop/proto/catalog.proto"));
      await sameOnTwin();
      const inspected = await wraith(dir, "inspect", "shop", "--json");
      const { sessions } = JSON.parse(inspected.stdout) as { sessions: { session: string }[] };
      const exchange = await wraith(dir, "inspect", "shop", `${sessions[0]!.session}/0`, "--full");
      expect(exchange.stdout).toContain('"kind":"KIND_TOOL"');
      rmSync(join(dir, "twins/shop/proto/catalog.proto"));
    });

    it("a recorder keeps the schemas that its upstream gives by reflection", async () => {
      cpSync(join(folder, "catalog.proto"), join(dir, "twins/shop/proto/catalog.proto"));
      expect((await wraith(dir, "synth", "shop", "--force")).code).toBe(0);
      const twin = await startWraith(dir, "serve", "shop");
      expect((await wraith(dir, "init", "copy", "--base-url", twin.url)).code).toBe(0);
      const recorder = await startWraith(dir, "record", "copy");
      const { code } = await run(process.execPath, [join(folder, "client-grpc-js.mjs"), String(recorder.port)]);
      expect(code).toBe(0);
      expect(await recorder.stop("SIGINT")).toBe(0);
      expect(await twin.stop()).toBe(0);
      expect(recorder.stderr()).toContain("proto/harvested.binpb: shop.v1.Catalog");
      const { sessions } = JSON.parse((await wraith(dir, "inspect", "copy", "--json")).stdout) as {
        sessions: { session: string }[];
      };
      const exchange = await wraith(dir, "inspect", "copy", `${sessions[0]!.session}/0`, "--full");
      expect(exchange.stdout).toContain('"kind":"KIND_TOOL"');
      rmSync(join(dir, "twins/shop/proto/catalog.proto"));
    });

    it("a constant inside a nested message that is changed in symbols.json is reported at its path, and nothing else", async () => {
      cpSync(join(folder, "catalog.proto"), join(dir, "twins/shop/proto/catalog.proto"));
      expect((await wraith(dir, "synth", "shop", "--force")).code).toBe(0);
      const file = join(dir, "twins/shop/model/symbols.json");
      const before = readFileSync(file, "utf8");
      const changed = before.replaceAll('"9007199254740993"', '"9007199254740995"');
      expect(changed).not.toBe(before);
      const { writeFileSync } = await import("node:fs");
      writeFileSync(file, changed);
      const check = await wraith(dir, "check", "shop", "--json");
      expect(check.code).toBe(2);
      const { conformance } = JSON.parse(check.stdout) as { conformance: { divergences: { path: string }[] } };
      expect(new Set(conformance.divergences.map((d) => d.path.replace(/^events\[\d+\]/, "events[n]")))).toEqual(
        new Set(["events[n].prices.EUR.units"]),
      );
      writeFileSync(file, before);
    });
  },
);
