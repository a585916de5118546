import type { Formats } from "../../src/formats/format.ts";
import { hasForm } from "../../src/model/hole-form.ts";
import type { Route } from "../../src/model/model.ts";
import { matchTemplate, templateOfShape } from "../../src/model/template.ts";
import { exchangeId, type Exchange, type Session } from "../../src/recording/exchange.ts";
import { projectExchange } from "../../src/recording/project.ts";
import { synthesize } from "../../src/synth/synthesize.ts";

export interface HoldOut {
  /** Answers that were left out, one at a time, of routes that have another. */
  readonly answers: number;
  readonly events: number;
  /** Events that a shape of the model has that was learned without their answer. */
  readonly known: number;
  /** Those of which every hole has the form that its rule promises, too. */
  readonly formed: number;
  readonly wholeAnswers: number;
  /** Events that no shape has: where, and the event. */
  readonly misses: readonly { readonly exchange: string; readonly event: number; readonly text: string }[];
}

/**
 * Learns a route from all of its answers but one, and asks whether a shape fits each event of that one; for every answer.
 * `isWanted` selects the answers that are left out.
 */
export function holdOut(
  sessions: readonly Session[],
  formats: Formats,
  isWanted: (exchange: Exchange) => boolean = () => true,
): HoldOut {
  const options = { fields: {} };
  const { model, takes } = synthesize("holdout", sessions, formats, options);
  const routeOf = new Map<string, Route>();
  for (const route of model.routes)
    for (const variant of route.variants) for (const take of takes.get(variant) ?? []) routeOf.set(take.id, route);
  const count = { answers: 0, events: 0, known: 0, formed: 0, wholeAnswers: 0 };
  const misses: { exchange: string; event: number; text: string }[] = [];
  for (const session of sessions)
    for (const exchange of session.exchanges) {
      const id = exchangeId(exchange);
      const route = routeOf.get(id);
      const projection = projectExchange(exchange, formats);
      if (route === undefined || projection === undefined || !isWanted(exchange)) continue;
      const others = sessions.map((other) => ({
        ...other,
        exchanges: other.exchanges.filter((x) => exchangeId(x) !== id && routeOf.get(exchangeId(x)) === route),
      }));
      const learned = synthesize("holdout", others, formats, options).model.routes.find((r) => r.route === route.route);
      if (learned === undefined) continue;
      const startedMs = Date.parse(session.head.startedAt) + exchange.openUs / 1000;
      const shapes = [...learned.shapes.values()].filter((shape) => shape.format === projection.format);
      let known = 0;
      projection.events.forEach(({ text }, event) => {
        let isFormed = false;
        let isKnown = false;
        for (const shape of shapes) {
          const template = templateOfShape(shape);
          const values = matchTemplate(text, template);
          if (values === undefined) continue;
          isKnown = true;
          isFormed ||= values.every((raw, i) => hasForm(learned.holes.get(template.holes[i]!)!, raw, startedMs));
        }
        count.events++;
        if (isKnown) known++;
        else misses.push({ exchange: id, event, text });
        if (isFormed) count.formed++;
      });
      count.answers++;
      count.known += known;
      if (known === projection.events.length) count.wholeAnswers++;
    }
  return { ...count, misses };
}
