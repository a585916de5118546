import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  cpuUs,
  createBench,
  has,
  load,
  median,
  ratio,
  whole,
  type Bench,
  type Result,
  type Started,
} from "./harness.ts";

const PATH = "/v1/chat/completions";
const CONNECTIONS = 32;
const SECONDS = 3;
const ROUNDS = 3;
const REQUEST = JSON.stringify({ model: "gpt-4o", stream: true, messages: [{ role: "user", content: "tell me" }] });

interface Load {
  readonly responses: number;
  readonly seconds: number;
}

/** Streams a second without waiting: the twin, aimock (whose answer the twin has learned), and nginx with the same bytes as a file. */
export async function measureSse(): Promise<Result> {
  const bench = createBench();
  try {
    const aimock = await bench.start([join(import.meta.dirname, "servers/aimock.mjs")], { core: 0 });
    const aimockPort = Number(aimock.line);
    const { body, events } = await record(bench, aimockPort);
    const twin = await bench.startWraith(["serve", "b", "--speed", "max"], 0);
    const nginx = has("nginx") ? await startNginx(bench, body) : undefined;
    const contenders: { name: string; server: Started; port: number; request: string[] }[] = [
      { name: "wraith serve, POST", server: twin, port: twin.port, request: ["POST", PATH, REQUEST] },
      { name: "aimock, POST, the same answer", server: aimock, port: aimockPort, request: ["POST", PATH, REQUEST] },
    ];
    if (nginx)
      contenders.push({
        name: "nginx, GET, the same bytes from a file",
        server: nginx.server,
        port: nginx.port,
        request: ["GET", "/stream.txt"],
      });
    const rates = contenders.map((): number[] => []);
    const cpu = contenders.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, c] of contenders.entries()) {
        const before = cpuUs(c.server.child.pid!);
        const { responses, seconds } = await load<Load>(bench, "http.mjs", c.port, CONNECTIONS, SECONDS, ...c.request);
        rates[i]!.push(responses / seconds);
        // One second of warming up is in the CPU time and not in the count.
        cpu[i]!.push(((cpuUs(c.server.child.pid!) - before) * (SECONDS / (SECONDS + 1))) / (responses * events));
      }
    const [ours, theirs, limit] = rates.map(median) as [number, number, number | undefined];
    return {
      title: `SSE at max speed: ${events} events, ${whole(body.length / events)} bytes an event, ${CONNECTIONS} connections, median of ${ROUNDS}`,
      columns: ["server", "streams/s", "CPU µs/event", "of nginx", "of aimock"],
      rows: contenders.map((c, i) => {
        const rate = median(rates[i]!);
        return [
          c.name,
          whole(rate),
          i === 2 ? "" : median(cpu[i]!).toFixed(2),
          limit === undefined ? "" : ratio(rate, limit),
          ratio(rate, theirs),
        ];
      }),
      notes: [
        `Goal: at least 8 times aimock. Here: ${ratio(ours, theirs)} times.`,
        ...(nginx ? [] : ["nginx is not installed: no limit measured."]),
      ],
    };
  } finally {
    await bench.close();
  }
}

/** Records aimock's answer through the real recorder, and learns it. */
async function record(bench: Bench, port: number): Promise<{ body: Buffer; events: number }> {
  await bench.wraith("init", "b", "--base-url", `http://127.0.0.1:${port}`);
  const recorder = await bench.startWraith(["record", "b"]);
  const response = await fetch(`http://127.0.0.1:${recorder.port}${PATH}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: REQUEST,
  });
  const body = Buffer.from(await response.arrayBuffer());
  await recorder.stop("SIGINT");
  await bench.wraith("synth", "b");
  return { body, events: body.toString().split("\n\n").length - 1 };
}

async function startNginx(bench: Bench, body: Buffer): Promise<{ server: Started; port: number }> {
  const folder = join(bench.dir, "nginx");
  mkdirSync(folder);
  writeFileSync(join(folder, "stream.txt"), body);
  const port = 20_000 + (process.pid % 20_000);
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000; sendfile on; tcp_nopush on; open_file_cache max=10;
  client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
  types { text/event-stream txt; }
  server { listen 127.0.0.1:${port}; root ${folder}; } }
`,
  );
  const server = await bench.start(["-c", `echo up; exec nginx -c ${folder}/nginx.conf -p ${folder}`], {
    core: 0,
    command: "sh",
  });
  for (let i = 0; i < 100; i++)
    try {
      await fetch(`http://127.0.0.1:${port}/stream.txt`).then((r) => r.arrayBuffer());
      break;
    } catch {
      await new Promise((done) => setTimeout(done, 50));
    }
  return { server, port };
}
