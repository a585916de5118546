// usage: node llm-clients.mjs BASE_URL aimock|llama [--exact]
// Drives an LLM server with the npm clients openai, @anthropic-ai/sdk, eventsource and with curl, and prints one canonical
// JSON line a scenario: what the client saw. Without --exact, ids and times are masked, so that two servers can be compared.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";
import { EventSource } from "eventsource";

const [base, kind, ...flags] = process.argv.slice(2);
const exact = flags.includes("--exact");
const model = kind === "llama" ? "tinyllama" : "gpt-4o";
const once = (url, init) => fetch(url, { ...init, headers: { ...headersOf(init?.headers), connection: "close" } });
const headersOf = (h) => Object.fromEntries(new Headers(h ?? {}));
const openai = new OpenAI({ baseURL: `${base}/v1`, apiKey: "none", maxRetries: 0, fetch: once });
const anthropic = new Anthropic({ baseURL: base, apiKey: "none", maxRetries: 0, fetch: once });

const VOLATILE = new Set([
  "id",
  "item_id",
  "call_id",
  "created",
  "created_at",
  "completed_at",
  "timings",
  "request_id",
  "_request_id",
]);
const mask = (v) => {
  if (exact || v === null || typeof v !== "object") return v;
  if (Array.isArray(v)) return v.map(mask);
  return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, VOLATILE.has(k) && x != null ? "*" : mask(x)]));
};
const user = (content) => [{ role: "user", content }];
const tools = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "the weather",
      parameters: {
        type: "object",
        required: ["city", "days"],
        properties: { city: { type: "string", enum: ["Köln", "Zürich"] }, days: { type: "integer", enum: [1, 2, 3] } },
      },
    },
  },
];
const chat = (content, more = {}) =>
  openai.chat.completions.create({
    model,
    messages: user(content),
    stream: true,
    temperature: 0,
    seed: 1,
    max_tokens: 40,
    ...more,
  });

const scenarios = {
  "openai.chat": () => chat("hello"),
  "openai.chat.again": () => chat("hello again"),
  "openai.usage": () => chat("with usage", { stream_options: { include_usage: true } }),
  "openai.tools": () =>
    chat("weather", { tools, ...(kind === "llama" ? { tool_choice: "required", max_tokens: 120 } : {}) }),
  "openai.json": () => chat("plain", { stream: false }),
  "openai.badmodel": () => chat("hello", { model: "badmodel" }),
  "openai.badmodel.json": () => chat("hello", { model: "badmodel", stream: false }),
  "openai.responses": () =>
    openai.responses.create({ model, input: "hello", stream: true, temperature: 0, max_output_tokens: 20 }),
  "openai.models": () => openai.models.list(),
  "anthropic.messages": () =>
    anthropic.messages.create({
      model: "claude-x",
      max_tokens: 40,
      messages: user("hello"),
      stream: true,
      temperature: 0,
    }),
  "anthropic.json": () =>
    anthropic.messages.create({ model: "claude-x", max_tokens: 20, messages: user("plain"), temperature: 0 }),
  "eventsource.chat": () =>
    eventSource("/v1/chat/completions", {
      model,
      stream: true,
      messages: user("by eventsource"),
      temperature: 0,
      seed: 3,
      max_tokens: 20,
    }),
  "curl.chat": () =>
    curl("/v1/chat/completions", {
      model,
      stream: true,
      messages: user("by curl"),
      temperature: 0,
      seed: 4,
      max_tokens: 20,
    }),
  "curl.error": () => curl("/v1/nothing", {}),
  ...(kind === "aimock"
    ? {
        "openai.limit": () => chat("limit"),
        "openai.limit.json": () => chat("limit", { stream: false }),
        "openai.cut": () => chat("cut"),
        "anthropic.cut": () =>
          anthropic.messages.create({ model: "claude-x", max_tokens: 40, messages: user("cut"), stream: true }),
        "anthropic.weather": () =>
          anthropic.messages.create({ model: "claude-x", max_tokens: 40, messages: user("weather"), stream: true }),
        "responses.weather": () => openai.responses.create({ model, input: "weather", stream: true }),
        gemini: () =>
          curl("/v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse", {
            contents: [{ role: "user", parts: [{ text: "hello" }] }],
          }),
      }
    : { "openai.bad": () => chat("x", { max_tokens: "two" }) }),
};

/** EventSource with POST, through its fetch option. It would reconnect for ever: it is closed at the first end. */
function eventSource(path, body) {
  return new Promise((resolve) => {
    const seen = [];
    const source = new EventSource(base + path, {
      fetch: (url, init) =>
        fetch(url, {
          ...init,
          method: "POST",
          body: JSON.stringify(body),
          headers: { ...headersOf(init.headers), "content-type": "application/json" },
        }),
    });
    source.addEventListener("message", (e) =>
      seen.push({ id: e.lastEventId, data: e.data === "[DONE]" ? e.data : mask(JSON.parse(e.data)) }),
    );
    source.addEventListener("error", () => {
      source.close();
      resolve(seen);
    });
  });
}

async function curl(path, body) {
  const args = [
    "-sN",
    "-o",
    "-",
    "-w",
    "\n%{http_code} %{content_type}",
    "-X",
    "POST",
    base + path,
    "-H",
    "content-type: application/json",
    "-d",
    JSON.stringify(body),
  ];
  const { stdout } = await promisify(execFile)("curl", args);
  return exact
    ? stdout
    : stdout
        .replace(/"((?:item_|call_)?id|responseId)":\s*"[^"]*"/g, '"$1":"*"')
        .replace(/"created":\s*\d+/g, '"created":0')
        .replace(/"timings":\{[^{}]*\}/g, '"timings":{}');
}

for (const [name, scenario] of Object.entries(scenarios)) {
  const line = { scenario: name };
  const seen = [];
  try {
    const result = await scenario();
    if (typeof result?.[Symbol.asyncIterator] === "function" && !Array.isArray(result.data))
      for await (const event of result) seen.push(mask(event));
    else line.saw = mask(Array.isArray(result?.data) ? result.data : result);
  } catch (error) {
    line.error = {
      name: error.constructor.name,
      status: error.status,
      message: String(error.message),
      code: error.code,
      type: error.type,
    };
  }
  if (seen.length > 0) line.events = seen;
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
