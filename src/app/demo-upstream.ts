import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { randomBytes } from "node:crypto";

/** The embedded upstream of `wraith demo`: speaks the OpenAI chat API and paces its tokens. */
export interface DemoUpstream {
  readonly url: string;
  stop(): Promise<void>;
}

const ANSWERS = [
  "A stream is a row of events that come one after the other, each at its own time.",
  "Grüße aus 東京 🙂: I keep every byte, every pause and every odd spelling.",
  "The proxy wrote down what I said, and the twin will say it again tomorrow.",
];

interface ChatRequest {
  readonly model?: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly messages?: readonly { readonly content?: string }[];
}

/** Starts the upstream on a free loopback port. */
export async function startDemoUpstream(): Promise<DemoUpstream> {
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  if (request.method !== "POST" || request.url !== "/v1/chat/completions")
    return sendError(response, 404, "Not Found", "not_found_error");
  const body = JSON.parse(text) as ChatRequest;
  const model = body.model ?? "demo-1";
  if (model === "badmodel")
    return sendError(response, 404, "The model `badmodel` does not exist", "invalid_request_error");
  const prompt = body.messages?.at(-1)?.content ?? "";
  const words = (ANSWERS[prompt.length % ANSWERS.length] ?? "").split(/(?<= )/);
  const id = `chatcmpl-${randomBytes(24).toString("hex").slice(0, 29)}`;
  const created = Math.floor(Date.now() / 1000);
  const usage = {
    prompt_tokens: prompt.length,
    completion_tokens: words.length,
    total_tokens: prompt.length + words.length,
  };
  if (body.stream !== true) {
    const message = { role: "assistant", content: words.join("") };
    response.writeHead(200, {
      "Content-Type": "application/json",
      "X-Request-Id": `req_${randomBytes(12).toString("hex")}`,
    });
    response.end(
      JSON.stringify({
        id,
        object: "chat.completion",
        created,
        model,
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage,
      }),
    );
    return;
  }
  response.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "X-Request-Id": `req_${randomBytes(12).toString("hex")}`,
  });
  response.flushHeaders();
  const send = (delta: object, finish: string | null): void => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    response.write(`data: ${JSON.stringify({ id, object: "chat.completion.chunk", created, model, choices })}\n\n`);
  };
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  await pause(120);
  send({ role: "assistant", content: "" }, null);
  for (const word of words) {
    await pause(25 + ((word.length * 7) % 40));
    if (response.destroyed) return;
    send({ content: word }, null);
  }
  send({}, "stop");
  if (body.stream_options?.include_usage === true)
    response.write(
      `data: ${JSON.stringify({ id, object: "chat.completion.chunk", created, model, choices: [], usage })}\n\n`,
    );
  response.end("data: [DONE]\n\n");
}

function sendError(response: ServerResponse, status: number, message: string, type: string): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(
    JSON.stringify({ error: { message, type, param: null, code: status === 404 ? "model_not_found" : null } }),
  );
}
