import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemoUpstream, type DemoUpstream } from "../../src/app/demo-upstream.ts";
import type * as Library from "../../src/index.ts";
import { chat, scratch } from "./support.ts";

// The built package, as its users import it.
const built = new URL("../../dist/index.js", import.meta.url).href;
const { checkTwin, recordTo, serveTwin, synthesizeTwin, WraithError, ERRORS, VERSION } = (await import(
  built
)) as typeof Library;

const place = { name: "lib", dir: scratch() };
let upstream: DemoUpstream;

beforeAll(async () => {
  upstream = await startDemoUpstream();
});
afterAll(() => upstream.stop());

describe("the library", () => {
  test("records, learns, checks and serves", async () => {
    const recorder = await recordTo({ ...place, baseUrl: upstream.url });
    const recorded = await chat(recorder.url, "demo-1", "hi");
    expect(recorder.info()).toMatchObject({ twin: "lib", exchanges: 1 });
    expect(await recorder.stop()).toMatchObject({ exchanges: 1 });

    const learned = await synthesizeTwin(place);
    expect(learned).toMatchObject({ sessions: 1, exchanges: 1 });
    expect(learned.exactEvents).toBe(learned.events);

    expect(await checkTwin(place)).toMatchObject({ ok: true, conformance: { mode: "memory", divergence_count: 0 } });
    expect(await checkTwin({ ...place, mode: "wire" })).toMatchObject({ ok: true });

    const twin = await serveTwin(place);
    expect((await chat(twin.url, "demo-1", "hi")).text).toBe(recorded.text);
    await twin.stop();
  });

  test("knows a form with files again, whatever boundary its client makes up", async () => {
    const api = createServer((request, response) => {
      request.resume().on("end", () => {
        response.setHeader("content-type", "application/json").end(JSON.stringify({ n: ++asked }));
      });
    }).listen(0, "127.0.0.1");
    let asked = 0;
    await once(api, "listening");
    const upload = async (url: string, content: string): Promise<string[]> => {
      const form = new FormData();
      form.append("model", "whisper-1");
      form.append("file", new Blob([content, Uint8Array.of(0, 255)], { type: "audio/wav" }), "a.wav");
      const answer = await fetch(`${url}/v1/audio`, { method: "POST", body: form });
      return [answer.headers.get("x-wraith-provenance") ?? "", await answer.text()];
    };
    const here = { name: "forms", dir: place.dir };
    const recorder = await recordTo({ ...here, baseUrl: `http://127.0.0.1:${(api.address() as AddressInfo).port}` });
    const [, first] = await upload(recorder.url, "first");
    const [, second] = await upload(recorder.url, "second");
    await recorder.stop();
    api.close();
    await synthesizeTwin(here);
    expect(await checkTwin(here)).toMatchObject({ ok: true, conformance: { exchanges_total: 2 } });
    const twin = await serveTwin(here);
    expect([await upload(twin.url, "second"), await upload(twin.url, "first")]).toEqual([
      ["recorded", second],
      ["recorded", first],
    ]);
    expect((await upload(twin.url, "third"))[0]).toBe("template");
    await twin.stop();
  });

  test("gives back the bytes of an answer that is not of the coding it claims, as its client got them", async () => {
    const bytes = Buffer.from('{"this":"is no gzip"}');
    const api = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(bytes);
    }).listen(0, "127.0.0.1");
    await once(api, "listening");
    const ask = (url: string): Promise<[coding: string | undefined, body: string]> =>
      new Promise((done, fail) => {
        request(`${url}/x`, { agent: false, headers: { "accept-encoding": "gzip" } }, (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (part: Buffer) => parts.push(part));
          answer.on("end", () => done([answer.headers["content-encoding"], Buffer.concat(parts).toString()]));
        })
          .on("error", fail)
          .end();
      });
    const here = { name: "coded", dir: place.dir };
    const recorder = await recordTo({ ...here, baseUrl: `http://127.0.0.1:${(api.address() as AddressInfo).port}` });
    const given = await ask(recorder.url);
    expect(given).toEqual(["gzip", bytes.toString()]);
    await recorder.stop();
    api.close();
    await synthesizeTwin(here);
    for (const mode of ["memory", "wire"] as const)
      expect(await checkTwin({ ...here, mode })).toMatchObject({ ok: true });
    for (const fidelity of ["synth", "strict"] as const) {
      const twin = await serveTwin({ ...here, fidelity });
      expect(await ask(twin.url)).toEqual(given);
      await twin.stop();
    }
  });

  test("records the upstream that it is given, whichever the twin was made for", async () => {
    const other = await startDemoUpstream();
    const recorder = await recordTo({ name: "moved", dir: place.dir, baseUrl: "http://127.0.0.1:9" });
    await recorder.stop();
    const moved = await recordTo({ name: "moved", dir: place.dir, baseUrl: other.url });
    expect((await chat(moved.url, "demo-1", "hi")).status).toBe(200);
    expect(moved.info()).toMatchObject({ baseUrl: other.url });
    await moved.stop();
    await other.stop();
    await expect(recordTo({ name: "moved", dir: place.dir, baseUrl: "nowhere" })).rejects.toMatchObject({
      code: "BASE_URL_INVALID",
    });
  });

  test("rejects with errors that have a code, an exit code and help", async () => {
    const error: unknown = await checkTwin({ ...place, name: "nobody" }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(WraithError);
    expect(error).toMatchObject({ code: "WORKSPACE_MISSING", exitCode: 1, help: ERRORS.WORKSPACE_MISSING.help });
    // What a caller without types may say.
    const asked = async (options: object): Promise<unknown> => serveTwin({ ...place, ...options });
    for (const options of [
      { name: undefined },
      { name: 5 },
      { dir: 5 },
      { speed: 0 },
      { speed: "fast" },
      { fidelity: "exact" },
      { seed: -1 },
      { seed: "1" },
      { port: -1 },
      { port: "80" },
      { port: 65_536 },
    ])
      await expect(asked(options)).rejects.toMatchObject({
        code: "USAGE",
        message: expect.stringContaining(Object.keys(options)[0]!) as string,
      });
    await expect(checkTwin({ ...place, mode: "live" as "wire" })).rejects.toMatchObject({ code: "USAGE" });
    const session = "x" as unknown as readonly string[];
    await expect(checkTwin({ ...place, sessions: session })).rejects.toMatchObject({ code: "USAGE" });
    await expect(synthesizeTwin({ ...place, tags: session })).rejects.toMatchObject({ code: "USAGE" });
  });

  test("knows its version", () => {
    expect(VERSION).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
