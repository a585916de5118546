import { WraithError } from "../base/errors.ts";
import type { HeaderTemplate, Route, Take, Template, Variant } from "./model.ts";
import { isTextKind } from "./raw-value.ts";
import { templateOfShape } from "./template.ts";

/** What a take is performed from: its head, one template an event, its trailers. */
export interface TakeRow {
  readonly headers: HeaderTemplate;
  readonly events: readonly Template[];
  readonly trailers: HeaderTemplate | undefined;
}

/** The parts of a take that say which row it has. */
export type RowOfTake = Pick<Take, "id" | "head" | "trailers" | "shapes">;

/** The row of a take. Throws WraithError MODEL_INVALID where it names what the route or variant does not have. */
export function rowOfTake(route: Route, variant: Variant, take: RowOfTake): TakeRow {
  const headers = variant.headers[take.head];
  if (headers === undefined) throw invalid(take, "head", `the variant ${variant.name} has no head ${take.head}`);
  if (take.trailers !== 0 && take.trailers >= variant.trailers.length)
    throw invalid(take, "trailers", `the variant ${variant.name} has no trailers ${take.trailers}`);
  const events = take.shapes.map((name) => {
    const shape = route.shapes.get(name);
    if (shape === undefined) throw invalid(take, "shapes", `the route has no shape ${JSON.stringify(name)}`);
    return templateOfShape(shape);
  });
  return { headers, events, trailers: variant.trailers[take.trailers] };
}

/** The places of a hole in one take. */
export interface HolePlaces {
  readonly count: number;
  /** `json`: raw values are JSON at every place; `text`: plain text at every place; `mixed`: at some this, at some that. */
  readonly spelling: "json" | "text" | "mixed";
}

/** The places of each hole of a row, holes in the order of the wire. Linear in the row: a shape's holes are counted once. */
export function placesOfRow(row: TakeRow): ReadonlyMap<string, HolePlaces> {
  const places = new Map<string, { count: number; spelling: HolePlaces["spelling"] }>();
  const add = (hole: string, count: number, spelling: "json" | "text"): void => {
    const known = places.get(hole);
    if (known === undefined) places.set(hole, { count, spelling });
    else {
      known.count += count;
      if (known.spelling !== spelling) known.spelling = "mixed";
    }
  };
  const addHeaders = (template: HeaderTemplate | undefined): void => {
    for (const [, value] of template ?? []) if (typeof value !== "string") add(value.hole, 1, "text");
  };
  addHeaders(row.headers);
  const counts = new Map<Template, number>();
  for (const template of row.events) counts.set(template, (counts.get(template) ?? 0) + 1);
  for (const [template, count] of counts)
    template.holes.forEach((hole, i) => add(hole, count, isTextKind(template.kinds[i]!) ? "text" : "json"));
  addHeaders(row.trailers);
  return places;
}

function invalid(take: RowOfTake, field: string, message: string): WraithError {
  return new WraithError("MODEL_INVALID", `take ${take.id}: ${message}`, { field });
}
