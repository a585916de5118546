import type { Format } from "../formats/format.ts";
import type { ResponsePlan, Step } from "./plan.ts";
import { freezePlan } from "./render.ts";

/** The answer that says that the twin knows none: the format's own way to refuse, with `details` for whoever reads it. */
export function missPlan(format: Format, message: string, details: Readonly<Record<string, unknown>>): ResponsePlan {
  const { status, headers, body } = format.refusal(message, details);
  const steps: Step[] = [{ kind: "head", atUs: 0, status, headers }];
  if (body.length > 0) steps.push({ kind: "event", atUs: 0, bytes: body });
  steps.push({ kind: "end", atUs: 0 });
  return freezePlan({ format: format.id, provenance: "miss", steps });
}
