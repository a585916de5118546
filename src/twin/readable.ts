import type { RequestHead } from "../base/http.ts";
import { concatBytes } from "../base/bytes.ts";
import type { Adaptation, Format, Framer } from "../formats/format.ts";
import type { ResponsePlan, Step } from "./plan.ts";
import { freezePlan } from "./render.ts";

/** Gives plans as their client can read them: a client may not accept the recorded encoding of messages. */
interface ReadablePlans {
  /** `createFramer` where the steps of a plan are recorded chunks, which may cut frames anywhere; else each step is one whole frame. */
  of(plan: ResponsePlan, format: Format, request: RequestHead, createFramer?: () => Framer): ResponsePlan;
}

/** A plan is adapted once for all clients that need the same. */
export function createReadablePlans(): ReadablePlans {
  const adapted = new WeakMap<ResponsePlan, Map<string, ResponsePlan>>();
  return {
    of(plan, format, request, createFramer) {
      const head = plan.steps.find((step) => step.kind === "head");
      const adaptation = head && format.adapt(request, head.headers);
      if (adaptation === undefined) return plan;
      let byHeaders = adapted.get(plan);
      if (byHeaders === undefined) adapted.set(plan, (byHeaders = new Map()));
      const key = JSON.stringify(adaptation.headers);
      let made = byHeaders.get(key);
      if (made === undefined) byHeaders.set(key, (made = adaptPlan(plan, adaptation, createFramer?.())));
      return made;
    },
  };
}

function adaptPlan(plan: ResponsePlan, adaptation: Adaptation, framer: Framer | undefined): ResponsePlan {
  const last = plan.steps.findLast((step) => step.kind === "event");
  const steps = plan.steps.flatMap((step): readonly Step[] => {
    if (step.kind === "head") return [{ ...step, headers: adaptation.headers }];
    if (step.kind !== "event") return [step];
    if (framer === undefined) return [{ ...step, bytes: adaptation.frame(step.bytes) }];
    // A frame leaves with the chunk that completed it: there is no place in a message of another coding where its chunks were cut.
    const frames = [...framer.push(step.bytes), ...(step === last ? framer.end() : [])];
    if (frames.length === 0) return [];
    const bytes = frames.map((frame) => (frame.kind === "message" ? adaptation.frame(frame.bytes) : frame.bytes));
    return [{ ...step, bytes: concatBytes(bytes) }];
  });
  return freezePlan({ ...plan, steps });
}
