import type { RequestHead } from "../base/http.ts";
import type { Formats } from "../formats/format.ts";
import type { LoadedModel, Route, Variant } from "../model/model.ts";
import type { ResponsePlan } from "./plan.ts";
import { createTwin } from "./twin.ts";

/** Longer takes of a variant (bytes of their file) are read when somebody asks for them: reading them holds up all others. */
const MAX_VARIANT_BYTES = 256 * 1024;
/** All takes that are read before somebody asks for them. */
const MAX_BYTES = 4 * 1024 * 1024;
const NO_BODY = new Uint8Array(0);

/**
 * Does what a twin of this model would do for its first clients, in steps of a few milliseconds at most: the takes of a variant are read,
 * and answered with by a twin of its own, whose counts nobody sees; `perform` gets each answer, and does with it what is done with one.
 * What fails will fail again for whoever asks.
 */
export function* rehearse(
  loaded: LoadedModel,
  formats: Formats,
  perform: (plan: ResponsePlan) => void,
): Generator<void, void, void> {
  const twin = createTwin(loaded, formats, { seed: 0, forgets: true });
  let bytes = 0;
  const isSmall = (variant: Variant): boolean => {
    const more = loaded.takeBytes.get(variant) ?? 0;
    if (more > MAX_VARIANT_BYTES || bytes + more > MAX_BYTES) return false;
    bytes += more;
    return true;
  };
  for (const route of loaded.model.routes) {
    // Who chooses an answer looks at the takes of all variants.
    if (!route.variants.every(isSmall)) continue;
    for (const variant of route.variants) {
      attempt(() => loaded.takes.get(variant));
      yield;
    }
    const head = headOf(route);
    for (const variant of route.variants)
      for (const values of ["own", "fresh"] as const) {
        attempt(() => {
          const take = loaded.takes.get(variant)?.[0]?.id;
          perform(twin.respond({ head, body: NO_BODY, session: "", take, values }));
        });
        yield;
      }
  }
}

function headOf({ method, pattern }: Route): RequestHead {
  return { protocol: "http", httpVersion: "1.1", method, path: pattern, query: "", headers: [] };
}

function attempt(run: () => unknown): void {
  try {
    run();
  } catch {
    // Told to the client who asks for it.
  }
}
