import type { HeaderList, RequestHead, ResponseHead, Termination } from "../base/http.ts";
import type { Chunk } from "../recording/exchange.ts";
import type { ResponseBytes } from "../recording/project.ts";
import type { ResponsePlan } from "../twin/plan.ts";

/**
 * What a client would get of a plan, as bytes at their planned times, without a socket. A plan that holds the stream open ends
 * as `held` says: the client's cut as it was recorded. An `await` has been answered: later steps count from it.
 */
export function performPlan(plan: ResponsePlan, request: RequestHead, held: Termination): ResponseBytes {
  const chunks: Chunk[] = [];
  let response: ResponseHead = { status: 0, headers: [] };
  let headUs = 0;
  let trailers: HeaderList | undefined;
  let close: Termination = held;
  let closeUs = 0;
  for (const step of plan.steps) {
    if (step.kind === "await") continue;
    closeUs = step.atUs;
    if (step.kind === "head") {
      response = { status: step.status, headers: step.headers, coding: plan.coding };
      headUs = step.atUs;
    } else if (step.kind === "event" || step.kind === "filler") chunks.push(step);
    else if (step.kind === "trailers") trailers = step.trailers;
    else if (step.kind === "end") close = { shape: "clean", by: "server" };
    else if (step.kind === "reset") close = cutByServer(step.code);
  }
  return { request, response, zeroUs: 0, headUs, chunks, trailers, close, closeUs };
}

/** How a recorder writes down that the upstream stopped in mid-response: lost, or reset with a code. */
function cutByServer(code: number | undefined): Termination {
  return code === undefined ? { shape: "truncated", by: "server" } : { shape: "error", by: "server", code };
}

/** How a stream that the twin holds open ends when the client leaves: as recorded, where somebody on this side cut it. */
export function cutOfHeldStream(recorded: Termination): Termination {
  return recorded.by === "server" ? { shape: "truncated", by: "client" } : recorded;
}
