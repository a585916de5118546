import type { OwnAnswer } from "./format.ts";

/** An HTTP 501 whose JSON says that it comes from wraith, and why; `details` stand beside the message. */
export function createJsonRefusal(message: string, details: Readonly<Record<string, unknown>>): OwnAnswer {
  const error = { ...details, message: `wraith: ${message}`, type: "wraith" };
  const body = new TextEncoder().encode(`${JSON.stringify({ error })}\n`);
  return { status: 501, headers: [["Content-Type", "application/json"]], body };
}
