import { gunzipSync, createGunzip } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import type { ResponsePlan } from "../../src/twin/plan.ts";
import { until } from "./proxy-support.ts";
import { connectRaw, type RawClient } from "./raw-http1.ts";
import { planOf, startTestTwin, type TestTwinOptions } from "./serve-support.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function serve(plan: ResponsePlan | TestTwinOptions["respond"], more: Partial<TestTwinOptions> = {}) {
  const twin = await startTestTwin({ respond: typeof plan === "function" ? plan : () => plan, ...more });
  cleanups.push(() => twin.stop());
  return twin;
}
async function connect(port: number): Promise<RawClient> {
  const client = await connectRaw(port);
  cleanups.push(() => client.socket.destroy());
  return client;
}
const LAST = "0\r\n\r\n";
const max = { speed: Number.POSITIVE_INFINITY };

/** The bodies of all chunks, joined. */
function dechunk(body: string): string {
  let out = "";
  for (let at = 0; ;) {
    const line = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.slice(at, line), 16);
    if (!(size > 0)) return out;
    out += body.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
}
function bodyOf(received: string): string {
  return received.slice(received.indexOf("\r\n\r\n") + 4);
}

/**
 * Simple requests are answered on their socket, all others by Node's server: both must say the same. A header that asks for nothing
 * makes the difference.
 */
describe.each([
  ["on the socket", ""],
  ["by Node", "Upgrade: h2c\r\n"],
])("answered %s", (_, extra) => {
  const HOST = `Host: t\r\n${extra}`;
  const GET = `GET /x HTTP/1.1\r\n${HOST}\r\n`;
  describe("heads", () => {
    test("order, case and duplicates as recorded, nothing of Node's own, hop-by-hop left out", async () => {
      const headers = [
        ["X-b", "1"],
        ["content-TYPE", "text/event-stream"],
        ["set-cookie", "a=1"],
        ["X-B", "é"],
        ["Set-Cookie", "b=2"],
        ["Keep-Alive", "timeout=5"],
        ["Connection", "x-hop"],
        ["x-hop", "1"],
        ["Empty", ""],
      ] as const;
      const twin = await serve(
        planOf(
          [
            [0, "data: 1\n\n"],
            [1, ": ping\n\n"],
          ],
          { headers },
        ),
      );
      const client = await connect(twin.port);
      client.send(GET);
      await client.waitFor(LAST);
      expect(client.received).toBe(
        "HTTP/1.1 200 OK\r\nX-b: 1\r\ncontent-TYPE: text/event-stream\r\nset-cookie: a=1\r\nX-B: \xe9\r\nSet-Cookie: b=2\r\nEmpty: \r\nTransfer-Encoding: chunked\r\n\r\n" +
          "9\r\ndata: 1\n\n\r\n8\r\n: ping\n\n\r\n0\r\n\r\n",
      );
    });
    test("provenance on every answer, also on refusals; a miss names no exchange", async () => {
      const plans = [
        planOf([[0, "a"]], { route: "GET /ü\n", provenance: "template" }),
        planOf([[0, "b"]], { provenance: "miss", route: undefined, exchange: undefined, status: 501 }),
      ];
      const twin = await serve(() => plans.shift()!, { provenanceHeaders: true });
      const client = await connect(twin.port);
      client.send(GET);
      await client.waitFor(LAST);
      expect(client.received).toContain(
        "X-Wraith-Provenance: template\r\nX-Wraith-Route: GET /%C3%BC%0A\r\nX-Wraith-Exchange: s/0\r\n",
      );
      client.send(GET);
      await client.waitFor("HTTP/1.1 501 Not Implemented\r\nX-Wraith-Provenance: miss\r\nTransfer-Encoding");
      client.send(`GET /x HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`);
      await client.waitFor("WebSocket is not supported");
      expect(client.received.match(/X-Wraith-Provenance: miss/g)).toHaveLength(2);
    });
    test("content-length is made anew, once; a stream of events has none; one that says more than a cut answer has stays", async () => {
      const plans = [
        planOf(
          [
            [0, "abc"],
            [0, "de"],
          ],
          {
            headers: [
              ["content-length", ""],
              ["Content-Length", "7"],
            ],
          },
        ),
        planOf([[0, "data: 1\n\n"]], {
          headers: [
            ["Content-Type", "text/event-stream; charset=utf-8"],
            ["Content-Length", "9"],
          ],
        }),
        planOf([[0, "ab"]], { headers: [["Content-Length", "100"]], end: { kind: "reset", atUs: 0 } }),
      ];
      const twin = await serve(() => plans.shift()!);
      const client = await connect(twin.port);
      client.send(GET);
      await client.waitFor("abcde");
      expect(client.received).toBe("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcde");
      client.send(GET);
      await client.waitFor(LAST);
      expect(client.received).not.toContain("9\r\n\r\n");
      client.send(GET);
      await until(() => client.ended);
      expect(client.received.endsWith("Content-Length: 100\r\n\r\nab")).toBe(true);
    });
    test("HEAD, 204 and 304 have no body and leave the connection usable", async () => {
      const twin = await serve((r) =>
        planOf([[0, "not to be sent"]], {
          status: r.head.query === "" ? 200 : Number(r.head.query),
          headers: [["Content-Length", "14"]],
        }),
      );
      const client = await connect(twin.port);
      client.send(`HEAD /x HTTP/1.1\r\n${HOST}\r\n`);
      await client.waitFor("14\r\n\r\n");
      for (const status of [204, 304]) {
        client.send(`GET /x?${status} HTTP/1.1\r\n${HOST}\r\n`);
        await client.waitFor(`HTTP/1.1 ${status}`);
      }
      client.send(GET);
      await client.waitFor("not to be sent");
      expect(client.received).toBe(
        "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 14\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 14\r\n\r\n" +
          "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nnot to be sent",
      );
    });
    test("HTTP/1.0: the connection's end is the body's end", async () => {
      const twin = await serve(
        planOf(
          [
            [0, "data: 1\n\n"],
            [20, "data: 2\n\n"],
          ],
          { before: [{ kind: "informational", atUs: 0, status: 103, headers: [] }] },
        ),
      );
      const client = await connect(twin.port);
      client.send("GET /x HTTP/1.0\r\n\r\n");
      await until(() => client.ended);
      expect(client.received).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ndata: 1\n\ndata: 2\n\n");
    });
    test("a client that asks for the connection's end gets it; undici would take a cut answer for a whole one if it were told so", async () => {
      const twin = await serve(planOf([[0, "x"]]));
      const client = await connect(twin.port);
      client.send(`GET /x HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
      await until(() => client.ended);
      expect(client.received).toBe("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
    });
    test("informational answers come before the head", async () => {
      const before = [
        { kind: "informational", atUs: 0, status: 100, headers: [] },
        { kind: "informational", atUs: 0, status: 103, headers: [["Link", "</a>"]] },
      ] as const;
      const twin = await serve(planOf([[0, "x"]], { before }));
      const client = await connect(twin.port);
      client.send(GET);
      await client.waitFor(LAST);
      expect(client.received).toBe(
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
      );
    });
  });

  describe("bodies", () => {
    test("trailers stand in the last chunk", async () => {
      const twin = await serve(
        planOf([[0, "x"]], {
          headers: [["Trailer", "X-Sum"]],
          trailers: [
            ["X-Sum", "1"],
            ["x-b", "é"],
            ["bad name", "no"],
          ],
        }),
      );
      const client = await connect(twin.port);
      client.send(GET);
      await client.waitFor("1\r\nx\r\n0\r\nX-Sum: 1\r\nx-b: \xe9\r\n\r\n");
      expect(client.received).toContain("Trailer: X-Sum\r\n");
    });
    test("an empty answer is whole", async () => {
      const twin = await serve(planOf([]));
      const client = await connect(twin.port);
      client.send(GET);
      await client.waitFor(LAST);
      client.send(GET);
      await until(() => client.received.split(LAST).length === 3);
    });
    test("at max speed a plan leaves as one piece, and an event is still a chunk of its own", async () => {
      const twin = await serve(
        planOf(
          [
            [10, "data: 1\n\n"],
            [5000, "data: 2\n\n"],
          ],
          { headMs: 7 },
        ),
        max,
      );
      const client = await connect(twin.port);
      let pieces = 0;
      client.socket.on("data", () => pieces++);
      client.send(GET);
      await client.waitFor(LAST);
      expect(bodyOf(client.received)).toBe("9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n");
      expect(pieces).toBe(1);
    });
    test("the head and each event leave at their own time, in order", async () => {
      const twin = await serve(
        planOf(
          [
            [60, "data: 1\n\n"],
            [61, "data: 2\n\n"],
            [120, "data: 3\n\n"],
          ],
          { headMs: 30, end: { kind: "end", atUs: 180_000 } },
        ),
      );
      const client = await connect(twin.port);
      const pieces: [number, string][] = [];
      const begun = performance.now();
      client.socket.on("data", (b: Buffer) => pieces.push([performance.now() - begun, b.toString("latin1")]));
      client.send(GET);
      await client.waitFor(LAST);
      const whenCame = (text: string): number => pieces.find(([, piece]) => piece.includes(text))![0];
      expect(pieces[0]![1]).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
      const times = ["HTTP/1.1", "data: 1", "data: 3", LAST].map(whenCame);
      for (const [i, due] of [30, 60, 120, 180].entries()) expect(times[i]).toBeGreaterThanOrEqual(due - 1);
    });
    test.each(["gzip", "br", "deflate"])(
      "a recorded %s is used again where the client takes it, readable after each event",
      async (coding) => {
        const plan = planOf(
          [
            [0, "data: 1\n\n"],
            [0, "data: 2\n\n"],
          ],
          {
            coding,
            headers: [
              ["Content-Encoding", coding],
              ["Vary", "x"],
            ],
          },
        );
        const twin = await serve(plan);
        const response = await fetch(`http://127.0.0.1:${twin.port}/x`, {
          headers: { "accept-encoding": `identity;q=0.1, ${coding};q=0.5` },
        });
        expect(response.headers.get("content-encoding")).toBe(coding);
        expect(response.headers.get("vary")).toBe("x");
        expect(await response.text()).toBe("data: 1\n\ndata: 2\n\n");
        for (const refusal of [`${coding};q=0`, "identity", `*, ${coding};q=0.000`]) {
          const client = await connect(twin.port);
          client.send(`GET /x HTTP/1.1\r\n${HOST}Accept-Encoding: ${refusal}\r\n\r\n`);
          await client.waitFor(LAST);
          expect(client.received).not.toMatch(/content-encoding/i);
          expect(dechunk(bodyOf(client.received))).toBe("data: 1\n\ndata: 2\n\n");
        }
      },
    );
    test("a coded event can be read before the next one comes; a coded body with a length has that of its bytes", async () => {
      const plans = [
        planOf([[0, "data: 1\n\n"]], {
          coding: "gzip",
          headers: [["Content-Encoding", "gzip"]],
          end: { kind: "hold", atUs: 0 },
        }),
        planOf([[0, "x".repeat(5000)]], {
          coding: "gzip",
          headers: [
            ["Content-Encoding", "gzip"],
            ["Content-Length", ""],
          ],
        }),
      ];
      const twin = await serve(() => plans.shift()!);
      const client = await connect(twin.port);
      client.send(`GET /x HTTP/1.1\r\n${HOST}Accept-Encoding: *\r\n\r\n`);
      await client.waitFor("\r\n\r\n");
      await until(() => bodyOf(client.received).length > 20);
      const decoder = createGunzip();
      let text = "";
      decoder.on("data", (b: Buffer) => (text += b.toString()));
      decoder.write(Buffer.from(dechunk(`${bodyOf(client.received)}0\r\n\r\n`), "latin1"));
      await until(() => text === "data: 1\n\n");
      const other = await connect(twin.port);
      other.send(`GET /x HTTP/1.1\r\n${HOST}Accept-Encoding: x-gzip\r\n\r\n`);
      await other.waitFor("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/.exec(other.received)![1]);
      await until(() => bodyOf(other.received).length === length);
      expect(gunzipSync(Buffer.from(bodyOf(other.received), "latin1")).toString()).toBe("x".repeat(5000));
    });
  });

  describe("ends", () => {
    test("cut by the upstream: what was sent arrives, then the connection ends without a last chunk", async () => {
      const twin = await serve(
        planOf(
          [
            [0, "a"],
            [20, "b"],
          ],
          { end: { kind: "reset", atUs: 40_000 } },
        ),
      );
      const client = await connect(twin.port);
      client.send(GET);
      await until(() => client.ended);
      expect(bodyOf(client.received)).toBe("1\r\na\r\n1\r\nb\r\n");
      // At the very time of the last event; a request with chunks is read by Node's own parser.
      const sudden = await serve(planOf([[0, "a"]], { end: { kind: "reset", atUs: 0 } }));
      for (const request of [GET, `POST /x HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`]) {
        const third = await connect(sudden.port);
        third.send(request);
        await until(() => third.ended);
        expect(bodyOf(third.received)).toBe("1\r\na\r\n");
      }
      const early = await serve({ ...planOf([]), steps: [{ kind: "reset", atUs: 0 }] });
      const other = await connect(early.port);
      other.send(GET);
      await until(() => other.ended);
      expect(other.received).toBe("");
    });
    test("a held stream stays open until its client leaves, and nothing of it stays behind", async () => {
      const twin = await serve(planOf([[0, "a"]], { end: { kind: "hold", atUs: 0 } }), max);
      const client = await connect(twin.port);
      client.send(GET);
      await client.waitFor("1\r\na\r\n");
      expect(twin.counts()).toEqual({ answers: 1, open: 1, waiting: 0 });
      client.socket.end();
      await until(() => twin.counts().open === 0, "the held stream to be freed");
      expect(client.received.endsWith("1\r\na\r\n")).toBe(true);
    });
    test.each(["end", "destroy"] as const)(
      "a client that leaves (%s) in mid-stream frees everything at once",
      async (how) => {
        const twin = await serve(
          planOf([
            [0, "a"],
            [3_600_000, "b"],
          ]),
        );
        const client = await connect(twin.port);
        client.send(GET);
        await client.waitFor("1\r\na\r\n");
        client.socket[how]();
        expect(twin.counts().waiting).toBe(1);
        await until(() => twin.counts().open === 0);
        expect(twin.counts().waiting).toBe(0);
      },
    );
    test("a client that reads nothing holds up nobody and fills no memory; it gets all once it reads", async () => {
      const piece = Buffer.alloc(64 * 1024, "x");
      const big = planOf(Array.from({ length: 400 }, () => [0, piece] as const));
      const twin = await serve((r) => (r.head.path === "/big" ? big : planOf([[0, "quick"]])), max);
      const before = process.memoryUsage().arrayBuffers;
      const slow = await Promise.all(Array.from({ length: 10 }, () => connect(twin.port)));
      for (const client of slow) {
        client.socket.pause();
        client.send(`GET /big HTTP/1.1\r\n${HOST}\r\n`);
      }
      const quick = await connect(twin.port);
      quick.send(GET);
      await quick.waitFor("quick");
      expect(twin.counts().open).toBe(10);
      // The plan's own bytes stand once on the wire side; ten clients share them.
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * 400 * piece.length);
      for (const client of slow.slice(1)) client.socket.destroy();
      slow[0]!.socket.resume();
      await slow[0]!.waitFor(LAST);
      expect(dechunk(bodyOf(slow[0]!.received)).length).toBe(400 * piece.length);
    });
  });

  describe("requests", () => {
    test("bodies with a length, chunked and byte by byte reach the twin whole; own headers are taken out of them", async () => {
      const twin = await serve(planOf([[0, "ok"]]));
      const client = await connect(twin.port);
      client.send(
        `POST /x?q=1 HTTP/1.1\r\n${HOST}X-Wraith-Session: mine\r\nX-Wraith-Take: s/7\r\nX-Wraith-Values: fresh\r\nContent-Length: 4\r\n\r\nbo`,
      );
      client.send("dy");
      await client.waitFor(LAST);
      const chunked = `POST http://other/y HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nx-t: 1\r\n\r\n`;
      for (const byte of chunked) client.send(byte);
      await until(() => twin.asked.length === 2);
      expect(twin.asked[0]).toMatchObject({
        session: "mine",
        take: "s/7",
        values: "fresh",
        head: { method: "POST", path: "/x", query: "q=1" },
      });
      expect(Buffer.from(twin.asked[0]!.body).toString()).toBe("body");
      expect(twin.asked[0]!.head.headers.map(([n]) => n)).toEqual([
        "Host",
        ...(extra === "" ? [] : ["Upgrade"]),
        "Content-Length",
      ]);
      expect(twin.asked[1]).toMatchObject({ session: "", take: undefined, values: undefined, head: { path: "/y" } });
      expect(Buffer.from(twin.asked[1]!.body).toString()).toBe("abcde");
    });
    test("requests that come at once are answered in their order", async () => {
      const twin = await serve((r) => planOf([[r.head.path === "/slow" ? 60 : 0, r.head.path]]));
      const client = await connect(twin.port);
      client.send(
        `GET /slow HTTP/1.1\r\n${HOST}\r\nPOST /b HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\nhiGET /c HTTP/1.1\r\n${HOST}\r\n`,
      );
      await client.waitFor("/c");
      expect(client.received.replaceAll(/[^]*?\r\n\r\n\d\r\n(\/\w+)\r\n0\r\n\r\n/g, "$1 ")).toBe("/slow /b /c ");
      expect(twin.asked.map((r) => r.head.path)).toEqual(["/slow", "/b", "/c"]);
    });
    test("what the twin takes to answer is part of its answer's time: all that is due then leaves at once", async () => {
      const plan = planOf([
        [0, "data: 1\n\n"],
        [60, "data: 2\n\n"],
        [90, "data: 3\n\n"],
      ]);
      const twin = await serve(() => {
        const until = performance.now() + 150;
        while (performance.now() < until);
        return plan;
      });
      const client = await connect(twin.port);
      let pieces = 0;
      client.socket.on("data", (bytes: Buffer) => bytes.includes("data: ") && pieces++);
      client.send(GET);
      await client.waitFor(LAST);
      expect(pieces).toBe(1);
    });
    test("what reading the request's head takes is part of its answer's time, too", async () => {
      const plan = planOf([
        [0, "data: 1\n\n"],
        [60, "data: 2\n\n"],
        [90, "data: 3\n\n"],
      ]);
      const isSession = (): boolean => {
        for (const until = performance.now() + 150; performance.now() < until;);
        return true;
      };
      const twin = await serve(plan, { isSession });
      const client = await connect(twin.port);
      let pieces = 0;
      client.socket.on("data", (bytes: Buffer) => bytes.includes("data: ") && pieces++);
      client.send(`GET /x HTTP/1.1\r\n${HOST}X-Wraith-Session: s\r\n\r\n`);
      await client.waitFor(LAST);
      expect(pieces).toBe(1);
    });
    test("many requests at once do not hold up what is due meanwhile", async () => {
      const openAtEach: number[] = [];
      const twin = await serve(({ head }) => {
        if (head.path !== "/slow") return planOf([[head.path === "/due" ? 30 : 0, "x"]]);
        openAtEach.push(twin.counts().open);
        for (const until = performance.now() + 50; performance.now() < until;);
        return planOf([[0, "x"]]);
      });
      const clients = await Promise.all(Array.from({ length: 4 }, () => connect(twin.port)));
      // All connections are known to the server before it gets the requests in one go.
      for (const client of clients) client.send(GET);
      for (const client of clients) await client.waitFor(LAST);
      const [due, ...slow] = clients;
      due!.send(GET.replace("/x", "/due"));
      await until(() => twin.counts().open === 1);
      for (const client of slow) client.send(GET.replace("/x", "/slow"));
      await until(() => openAtEach.length === 3);
      expect(openAtEach.at(-1)).toBe(0);
    });
    test("a client that ends its side right behind its request gets what is due then", async () => {
      const twin = await serve(({ head }) => {
        if (head.path === "/slow") for (const until = performance.now() + 50; performance.now() < until;);
        return planOf([[0, "all"]]);
      }, max);
      const [busy, client] = [await connect(twin.port), await connect(twin.port)];
      for (const each of [busy, client]) {
        each.send(GET);
        await each.waitFor(LAST);
      }
      // Its end is there before its answer's turn has come.
      busy.send(GET.replace("/x", "/slow"));
      client.socket.end(GET);
      await until(() => client.ended);
      expect(client.received.split(`all\r\n${LAST}`)).toHaveLength(3);
      await until(() => twin.counts().open === 0);
    });
    test("a client that waits for its 100 gets it", async () => {
      const twin = await serve(planOf([[0, "ok"]]));
      const client = await connect(twin.port);
      client.send(`POST /x HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`);
      await client.waitFor("HTTP/1.1 100 Continue\r\n\r\n");
      expect(twin.asked).toHaveLength(0);
      client.send("body");
      await client.waitFor(LAST);
      expect(Buffer.from(twin.asked[0]!.body).toString()).toBe("body");
    });
    test("a client that announces a body and has none gets its answer, and no 100 with it", async () => {
      const twin = await serve(planOf([[0, "ok"]]));
      const client = await connect(twin.port);
      client.send(`GET /x HTTP/1.1\r\n${HOST}Expect: 100-continue\r\n\r\n`);
      await client.waitFor(LAST);
      await until(() => client.ended);
      expect(client.received).toContain("Connection: close\r\n");
      expect(client.received).not.toContain("100 Continue");
      expect(twin.asked).toHaveLength(1);
    });
    test("a body above the limit is refused with 413, announced or not, and the connection goes on", async () => {
      const twin = await serve(planOf([[0, "ok"]]), { maxBodyBytes: 1000 });
      const client = await connect(twin.port);
      client.send(`POST /x HTTP/1.1\r\n${HOST}Content-Length: 2000\r\n\r\n${"x".repeat(2000)}`);
      await client.waitFor("HTTP/1.1 413 Payload Too Large");
      await client.waitFor("longer than 1000 bytes");
      client.send(
        `POST /x HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${`400\r\n${"x".repeat(1024)}\r\n`.repeat(3)}0\r\n\r\n`,
      );
      await until(() => client.received.split("longer than").length === 3);
      client.send(GET);
      await client.waitFor(LAST);
      expect(twin.asked).toHaveLength(1);
      const waiting = await connect(twin.port);
      waiting.send(`POST /x HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 4000\r\n\r\n`);
      await waiting.waitFor("longer than 1000 bytes");
      await until(() => waiting.ended);
      expect(waiting.received).not.toContain("100 Continue");
    });
    test("wrong names of sessions and values, other protocols, a twin that fails: one clear sentence each", async () => {
      const twin = await serve(() => {
        throw new Error("the model is broken");
      });
      const ask = async (headers: Record<string, string>): Promise<[number, string]> => {
        const response = await fetch(`http://127.0.0.1:${twin.port}/x`, { headers });
        return [response.status, ((await response.json()) as { error: { message: string } }).error.message];
      };
      expect(await ask({ "x-wraith-session": "../x" })).toEqual([400, expect.stringContaining('not "../x"')]);
      expect(await ask({ "x-wraith-values": "old" })).toEqual([400, expect.stringContaining("own or fresh")]);
      expect(await ask({ "content-type": "application/grpc-web+proto" })).toEqual([
        415,
        expect.stringContaining("gRPC-Web"),
      ]);
      expect(await ask({})).toEqual([500, "wraith: the twin failed"]);
      expect(twin.notices).toEqual([expect.stringContaining("GET /x could not be answered: the model is broken")]);
    });
    test("the control plane is on the same port and never asked of the twin", async () => {
      const twin = await serve(planOf([[0, "ok"]]));
      const url = `http://127.0.0.1:${twin.port}/__wraith`;
      expect(await (await fetch(`${url}/health`)).json()).toEqual({ ok: true });
      expect(
        await (
          await fetch(`${url}/reset`, { method: "POST", headers: { "x-wraith-session": "a" }, body: "ignored" })
        ).json(),
      ).toEqual({ reset: "a" });
      expect((await fetch(`${url}/nothing`)).status).toBe(404);
      expect(twin.asked).toHaveLength(0);
    });
    test("requests are scrubbed before the twin sees them", async () => {
      const twin = await serve(planOf([[0, "ok"]]), {
        scrub: (head, body) => ({
          head: { ...head, query: "clean" },
          body: Buffer.from(Buffer.from(body).toString().replace("secret", "token")),
        }),
      });
      await fetch(`http://127.0.0.1:${twin.port}/x?dirty`, { method: "POST", body: "a secret" });
      expect(twin.asked[0]!.head.query).toBe("clean");
      expect(Buffer.from(twin.asked[0]!.body).toString()).toBe("a token");
    });
  });
});

test("the times of requests that come together all count from when they came", async () => {
  const plan = planOf([
    [0, "data: 1\n\n"],
    [60, "data: 2\n\n"],
    [90, "data: 3\n\n"],
  ]);
  const twin = await serve(({ head }) => {
    if (head.path !== "/slow") return planOf([[0, "x"]]);
    for (const until = performance.now() + 50; performance.now() < until;);
    return plan;
  });
  const clients = await Promise.all(Array.from({ length: 3 }, () => connect(twin.port)));
  for (const client of clients) client.send("GET /x HTTP/1.1\r\nHost: t\r\n\r\n");
  for (const client of clients) await client.waitFor(LAST);
  let pieces = 0;
  const last = clients.at(-1)!;
  last.socket.on("data", (bytes: Buffer) => bytes.includes("data: ") && pieces++);
  for (const client of clients) client.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n");
  await last.waitFor("data: 3");
  expect(pieces).toBe(1);
});
