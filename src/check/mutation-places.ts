import { joinPath } from "../base/path.ts";
import type { Route, Shape, Take, Template, Variant } from "../model/model.ts";
import { templateFromParts } from "../model/template.ts";
import { sameEnd } from "./compare.ts";
import type { Divergence } from "./divergence.ts";
import type { Mutation } from "./mutation.ts";
import type { Subject } from "./subject.ts";

/** Whether a recording has the changed place at all. */
export function isExercised({ target }: Mutation, route: Route, subject: Subject): boolean {
  const { take, variant } = subject.learned!;
  if (target.kind === "shape") return take.shapes.includes(target.shape);
  if (target.kind === "hole") {
    const values = take.holes.get(target.hole) ?? [];
    return (
      holePaths(route, subject, target.hole).length > 0 && (target.value === undefined || values.includes(target.value))
    );
  }
  if (target.kind === "selection") return target.variant === undefined || route.variants[target.variant] === variant;
  return (
    route.variants[target.variant] === variant &&
    (target.head ?? take.head) === take.head &&
    (target.trailers ?? take.trailers) === take.trailers &&
    (target.shape === undefined || take.shapes.includes(target.shape)) &&
    (target.end === undefined || sameEnd(variant.termination[target.end]!, take.end))
  );
}

/** A place of an answer where a change may show. */
export interface ShownPlace {
  readonly name: string;
  /** Whether the change must show here, in this very answer. */
  readonly mustShow: boolean;
  accepts(path: string): boolean;
}

/** The places of an answer to a subject where a change shows. */
export function shownPlaces({ target }: Mutation, route: Route, subject: Subject): readonly ShownPlace[] {
  if (target.kind === "hole") return [placeAt(target.hole, holePaths(route, subject, target.hole), false)];
  if (target.kind === "answer") return [placeAt(target.paths.join(" or "), target.paths, false)];
  if (target.kind === "selection") return [placeAt("variant", ["variant"], false)];
  return subject.learned!.take.shapes.flatMap((name, n) => {
    if (name !== target.shape) return [];
    const event = subject.format.eventPath(n);
    if (target.paths !== undefined)
      return [
        placeAt(
          event,
          target.paths.map((p) => joinPath(event, p)),
          true,
        ),
      ];
    // A changed line end may make a line of its own.
    const accepts = (path: string): boolean =>
      path === event ||
      (/^[.[]/.test(path.slice(event.length)) && path.startsWith(event)) ||
      path.startsWith("filler[");
    return [{ name: event, mustShow: true, accepts }];
  });
}

function placeAt(name: string, paths: readonly string[], mustShow: boolean): ShownPlace {
  const all = new Set(paths);
  return { name, mustShow, accepts: (path) => all.has(path) };
}

/** Whether a place shows a change: with the take's own values, which are compared byte by byte. */
export function shows(place: ShownPlace, divergences: readonly Divergence[]): boolean {
  return divergences.some((d) => d.values === "own" && place.accepts(d.path));
}

/** Paths of all places of an answer where a hole stands. */
function holePaths(route: Route, { learned, format }: Subject, hole: string): readonly string[] {
  const { take, variant } = learned!;
  const out: string[] = [];
  const addHead = (where: string, template: Variant["headers"][number] | undefined): void => {
    for (const [name, value] of template ?? [])
      if (typeof value !== "string" && value.hole === hole) out.push(`${where}.${name.toLowerCase()}`);
  };
  addHead("headers", variant.headers[take.head]);
  addHead("trailers", variant.trailers[take.trailers]);
  take.shapes.forEach((name, n) => {
    const { holes, paths } = templateOf(route, name);
    holes.forEach((h, k) => {
      if (h === hole) out.push(joinPath(format.eventPath(n), paths[k]!));
    });
  });
  return out;
}

const templates = new WeakMap<Shape, Template>();

function templateOf(route: Route, name: Take["shapes"][number]): Pick<Template, "holes" | "paths"> {
  const shape = route.shapes.get(name);
  if (shape === undefined) return { holes: [], paths: [] };
  let template = templates.get(shape);
  if (template === undefined) templates.set(shape, (template = templateFromParts(shape.parts)));
  return template;
}
