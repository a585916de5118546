// usage: node start.mjs PORT : a scripted LLM server that others wrote, with paced streams, tool calls, errors and cuts.
import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ port: Number(process.argv[2]), chunkSize: 6 });
const pace = { streamingProfile: { ttft: 40, tps: 120, jitter: 0.3 } };
const weather = { name: "get_weather", arguments: { city: "Köln", days: 3 } };
mock.on(
  { model: "badmodel" },
  {
    error: { message: "The model `badmodel` does not exist", type: "invalid_request_error", code: "model_not_found" },
    status: 404,
  },
);
mock.onMessage("limit", {
  error: { message: "Rate limit reached", type: "rate_limit_error", code: "rate_limit_exceeded" },
  status: 429,
});
mock.onMessage("weather", { toolCalls: [weather] }, pace);
mock.onMessage("cut", { content: "This stream is cut off in the middle of it." }, { ...pace, truncateAfterChunks: 4 });
mock.onMessage(/./, { content: "Grüße aus 東京 🙂: a stream is a row of events that come one after the other." }, pace);
await mock.start();
process.stdout.write(`${mock.url}\n`);
