import { createBench, median, ratio, whole, writeSession, type Result, type WrittenExchange } from "./harness.ts";

const STREAMS = 1500;
const EVENTS = 100;
const ROUNDS = 3;

/** Events a second that synth and check get through, files read and written included, against JSON.parse of the same events. */
export async function measureLearning(): Promise<Result> {
  const bench = createBench();
  try {
    await bench.wraith("init", "l", "--base-url", "http://127.0.0.1:9");
    const exchanges = Array.from({ length: STREAMS }, (_, s) => stream(s));
    writeSession(bench, "l", "written", exchanges);
    const seconds = { synth: [] as number[], check: [] as number[], start: [] as number[], parse: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      seconds.start.push(await time(() => bench.wraith("inspect", "--help")));
      seconds.synth.push(await time(() => bench.wraith("synth", "l", "--force")));
      seconds.check.push(await time(() => bench.wraith("check", "l")));
      seconds.parse.push(await time(async () => parseAll(exchanges)));
    }
    const events = STREAMS * EVENTS;
    const start = median(seconds.start);
    const rate = {
      parse: events / median(seconds.parse),
      synth: events / (median(seconds.synth) - start),
      check: events / (median(seconds.check) - start),
    };
    return {
      title: `Learning and checking: ${whole(STREAMS)} chat streams of ${EVENTS} events, whole commands without the program's own start; median of ${ROUNDS}`,
      columns: ["what", "events/s", "of JSON.parse"],
      rows: [
        ["JSON.parse of the events", whole(rate.parse), "1.00"],
        ["wraith synth", whole(rate.synth), ratio(rate.synth, rate.parse)],
        ["wraith check (each event twice: own and fresh values)", whole(rate.check), ratio(rate.check, rate.parse)],
      ],
      notes: ["Goal: 250,000 events/s on one core."],
    };
  } finally {
    await bench.close();
  }
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

function parseAll(exchanges: readonly WrittenExchange[]): number {
  let n = 0;
  for (const e of exchanges)
    for (const { text } of e.chunks)
      if (text.startsWith("data: {")) n += Object.keys(JSON.parse(text.slice(6)) as object).length;
  return n;
}

/** A stream as an LLM sends it, with ids and times of its own. */
function stream(s: number): WrittenExchange {
  const id = `chatcmpl-${Array.from({ length: 29 }, (_, i) => "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[(s * 7919 + i * i * 104729 + s * s * (i + 1)) % 62]).join("")}`;
  const created = Math.floor(Date.UTC(2026, 10, 22, 10) / 1000) + (s % 300);
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id, object: "chat.completion.chunk", created, model: "gpt-4o", system_fingerprint: "fp_44709d6fcb", choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })}\n\n`;
  const chunks = Array.from({ length: EVENTS }, (_, n) => ({
    atMs: 100 + n * 0.1,
    text:
      n === 0
        ? chunk({ role: "assistant", content: "" }, null)
        : n === EVENTS - 1
          ? "data: [DONE]\n\n"
          : n === EVENTS - 2
            ? chunk({}, "stop")
            : chunk({ content: ` word${(n * 31 + s) % 977}` }, null),
  }));
  const requestBody = JSON.stringify({
    model: "gpt-4o",
    stream: true,
    messages: [{ role: "user", content: `question ${s}` }],
  });
  return { path: "/v1/chat/completions", requestBody, contentType: "text/event-stream", chunks };
}
