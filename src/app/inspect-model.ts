import { WraithError } from "../base/errors.ts";
import type { Formats } from "../formats/format.ts";
import type { Condition, Guard, LoadedModel, Route, Variant } from "../model/model.ts";
import { readModel } from "../store/model-store.ts";
import type { Workspace } from "../store/workspace.ts";

/** A model as people read it: lines, and the same facts as data. */
export interface ModelDescription {
  readonly routes: readonly {
    readonly route: string;
    readonly format: string;
    readonly shapes: number;
    readonly holes: number;
    readonly variants: readonly {
      readonly variant: string;
      readonly guard: string;
      readonly status: number;
      readonly takes: number;
      readonly rows: string;
    }[];
  }[];
  readonly lines: readonly string[];
}

/** Describes the model of a twin; undefined where none was learned yet. Throws MODEL_INVALID. */
export async function describeModel(workspace: Workspace, formats: Formats): Promise<ModelDescription | undefined> {
  let loaded: LoadedModel;
  try {
    loaded = await readModel(workspace, formats);
  } catch (error) {
    if (error instanceof WraithError && error.code === "MODEL_MISSING") return undefined;
    throw error;
  }
  const routes = loaded.model.routes.map((route) => ({
    route: route.route,
    format: route.format,
    shapes: route.shapes.size,
    holes: route.holes.size,
    variants: route.variants.map((variant) => ({
      variant: variant.name,
      guard: formatGuard(variant.guard),
      status: variant.status,
      takes: loaded.takes.get(variant)?.length ?? 0,
      rows: formatRows(variant),
    })),
  }));
  return { routes, lines: loaded.model.routes.flatMap((route, i) => routeLines(route, routes[i]!)) };
}

function routeLines(route: Route, described: ModelDescription["routes"][number]): string[] {
  const lines = [`${route.route}  ${route.format}, ${described.shapes} shapes, ${described.holes} holes`];
  for (const v of described.variants) {
    lines.push(`  ${v.variant}  when ${v.guard}: ${v.takes} ${v.takes === 1 ? "take" : "takes"}`);
    if (v.rows !== "") lines.push(`    ${v.rows}`);
  }
  return lines;
}

/** `role (content | tool_calls)* → finish done | finish usage done`: how the takes of a variant run. */
function formatRows(variant: Variant): string {
  if (variant.stream === undefined) return (variant.body ?? []).join(" | ");
  const { prefix, middle, endings } = variant.stream;
  const parts = [...prefix];
  if (middle.length > 0) parts.push(`(${middle.join(" | ")})*`);
  const tail = endings.map((e) => (e.length === 0 ? "∅" : e.join(" "))).join(" | ");
  return tail === "" ? parts.join(" ") : `${parts.join(" ")} → ${tail}`;
}

/** A guard in words: `body.stream = true and body.tools present`; `always` for an empty one. */
function formatGuard(guard: Guard): string {
  const one = (c: Condition): string => (c.test === "equals" ? `${c.path} = ${c.value}` : `${c.path} ${c.test}`);
  return guard.length === 0 ? "always" : guard.map(one).join(" and ");
}
