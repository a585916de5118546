// The same, where no request is simple: all of them are read, and answered, by Node's server.
import { vi } from "vitest";
import "./record-http1-suite.ts";

vi.mock("../../src/net/simple-request.ts", () => ({ readPlainHead: () => undefined }));
