// A scripted LLM server that others wrote: one answer of 37 tokens without pauses. Prints its port.
import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ port: 0, chunkSize: 20, logLevel: "silent" });
mock.onMessage(/./, { content: "A stream is a row of events, ".repeat(26).slice(0, 740) });
await mock.start();
process.stdout.write(`${new URL(mock.url).port}\n`);
