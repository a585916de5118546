import { WraithError } from "../base/errors.ts";
import type { Formats } from "../formats/format.ts";
import { loadModel } from "../model/loaded-model.ts";
import type { LoadedModel, Model, Take, Variant } from "../model/model.ts";
import { parseModel } from "../model/symbols.ts";
import { createTwin } from "../twin/twin.ts";
import { checkInMemory } from "./check-exchange.ts";
import type { Divergence } from "./divergence.ts";
import type { Mutation } from "./mutation.ts";
import { isExercised, shownPlaces, shows } from "./mutation-places.ts";
import { applyMutation } from "./mutations.ts";
import { indexTakes, type CheckBase, type Subject } from "./subject.ts";

/**
 * What a check made of a changed model. `caught`: told at the changed place, in every event it stands in, and nowhere else.
 * `refused`: the model could not be read any more. `unexercised`: no recording has the place. `inexact`: told, but also elsewhere, or
 * not everywhere. `missed`: not told.
 */
export type MutationOutcome = "caught" | "refused" | "unexercised" | "inexact" | "missed";

export interface MutationVerdict {
  readonly mutation: Mutation;
  readonly outcome: MutationOutcome;
  /** For `inexact`: paths that were told and should not be, and paths of events that were not told and should be. */
  readonly elsewhere: readonly string[];
  readonly silent: readonly string[];
}

export interface MutationOptions {
  /** Text of `symbols.json`. */
  readonly text: string;
  readonly loaded: LoadedModel;
  readonly formats: Formats;
  readonly seed: number;
  /** What the model learned from; others are left out. */
  readonly subjects: readonly Subject[];
  /** At most so many recordings a mutation, those that have the place first. Absent: all of the route. */
  readonly limit?: number | undefined;
}

/** Changes one place of a model in memory and checks. */
export function createMutationTest(options: MutationOptions): (mutation: Mutation) => MutationVerdict {
  const { loaded, limit = Number.POSITIVE_INFINITY } = options;
  const byRoute = loaded.model.routes.map((route) => options.subjects.filter((s) => s.learned?.route === route));
  return (mutation) => {
    const route = loaded.model.routes[mutation.route]!;
    const of = byRoute[mutation.route]!;
    const hit = of.filter((s) => isExercised(mutation, route, s));
    const verdict = (outcome: MutationOutcome, elsewhere: readonly string[] = [], silent: readonly string[] = []) => ({
      mutation,
      outcome,
      elsewhere,
      silent,
    });
    if (hit.length === 0) return verdict("unexercised");
    const changed = readChanged(mutation, options);
    if (changed === undefined) return verdict("refused");
    const judge = (chosen: readonly Subject[]): MutationVerdict => {
      let divergences: readonly Divergence[];
      try {
        divergences = checkChanged(changed, chosen, options);
      } catch (error) {
        if (error instanceof WraithError && error.code === "MODEL_INVALID") return verdict("refused");
        throw error;
      }
      if (divergences.length === 0) return verdict("missed");
      const elsewhere = new Set<string>();
      const silent: string[] = [];
      for (const subject of chosen) {
        const { session, index } = subject.exchange;
        const places = shownPlaces(mutation, route, subject);
        const told = divergences.filter((d) => d.session === session && d.exchange === index);
        for (const { path } of told) if (!places.some((p) => p.accepts(path))) elsewhere.add(path);
        for (const place of places)
          if (place.mustShow && !shows(place, told)) silent.push(`${session}/${index} ${place.name}`);
      }
      return elsewhere.size + silent.length === 0 ? verdict("caught") : verdict("inexact", [...elsewhere], silent);
    };
    const all = [...hit, ...of.filter((s) => !hit.includes(s))];
    const first = judge(all.slice(0, limit));
    // One value of many, or one end: the few recordings that show it may be among the others.
    return first.outcome === "missed" && all.length > limit ? judge(all) : first;
  };
}

/** The first of the changed texts that can be read. */
function readChanged(mutation: Mutation, { text, formats }: MutationOptions): Model | undefined {
  for (const replacement of mutation.replacements)
    try {
      return parseModel(applyMutation(text, mutation, replacement), "symbols.json", formats);
    } catch (error) {
      if (!(error instanceof WraithError) || error.code !== "MODEL_INVALID") throw error;
    }
  return undefined;
}

function checkChanged(model: Model, subjects: readonly Subject[], options: MutationOptions): readonly Divergence[] {
  const { formats, seed } = options;
  const wanted = new Set(subjects.map((s) => s.learned!.take.id));
  const takes = new Map<Variant, readonly Take[]>();
  // Variants keep their numbers, and a variant without takes would be none: each keeps its first.
  model.routes.forEach((route, r) =>
    route.variants.forEach((variant, v) => {
      const before = options.loaded.takes.get(options.loaded.model.routes[r]!.variants[v]!) ?? [];
      takes.set(
        variant,
        before.filter((take, i) => i === 0 || wanted.has(take.id)),
      );
    }),
  );
  const loaded = loadModel(model, takes, formats);
  const base: CheckBase = { loaded, formats, takes: indexTakes(loaded) };
  const twin = createTwin(loaded, formats, { seed });
  return subjects.flatMap((subject) => {
    const learned = base.takes.get(subject.learned!.take.id);
    const { divergences } = checkInMemory(base, twin, { ...subject, learned });
    return divergences.filter((d) => d.severity === "error");
  });
}
