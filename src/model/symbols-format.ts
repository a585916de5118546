import { show, type ShowNode } from "../formats/json-shape.ts";
import { isTextPath } from "./guard.ts";
import { showHoleRule } from "./hole-text.ts";
import type { Band, Guard, HeaderTemplate, Model, Route, Shape, Variant } from "./model.ts";
import { formatTermination } from "./termination-text.ts";

/** Indentation of the line that a shape begins on in `symbols.json`: what `Codec.formatShape` is to be given. */
const SHAPE_INDENT = " ".repeat(8);

type Entry = readonly [string, ShowNode];

/** The canonical text of `symbols.json` (SPEC section 5): same model, same text. */
export function formatModel(model: Model): string {
  const routes = model.routes.map((route) => `    ${formatRoute(route)}`).join(",\n");
  const list = routes === "" ? "[]" : `[\n${routes}\n  ]`;
  return `{\n  "wraith": 1,\n  "twin": ${JSON.stringify(model.twin)},\n  "routes": ${list}\n}\n`;
}

function formatRoute(route: Route): string {
  const holes = [...route.holes].map(([name, rule]) => [name, show(showHoleRule(rule), SHAPE_INDENT)] as const);
  const shapes = [...route.shapes].map(([name, shape]) => [name, formatShape(shape, route.format)] as const);
  const variants = route.variants.map((variant) => `        ${formatVariant(variant, route)}`).join(",\n");
  return block(
    [
      ["route", JSON.stringify(route.route)],
      ["format", JSON.stringify(route.format)],
      ["holes", block(holes, "      ")],
      ["shapes", block(shapes, "      ")],
      ["variants", variants === "" ? "[]" : `[\n${variants}\n      ]`],
    ],
    "    ",
  );
}

/** An object with one entry a line; `indent` is that of the line it begins on. */
function block(entries: readonly (readonly [string, string])[], indent: string): string {
  if (entries.length === 0) return "{}";
  const lines = entries.map(([name, text]) => `${indent}  ${JSON.stringify(name)}: ${text}`);
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

/** A shape with what is said about it in front: its format where that is not the route's, and `"seen": 1`. */
function formatShape(shape: Shape, routeFormat: string): string {
  const { source } = shape;
  const said: string[] = [];
  if (shape.format !== routeFormat) said.push(`"format": ${JSON.stringify(shape.format)}`);
  if (shape.seen !== undefined) said.push(`"seen": ${shape.seen}`);
  if (said.length === 0) return source;
  const rest = source.slice(1);
  if (rest.trim() === "}") return `{${said.join(", ")}}`;
  const space = /^\s*\n\s*/.exec(rest)?.[0];
  return space === undefined ? `{${said.join(", ")}, ${rest}` : `{${said.map((s) => `${space}${s},`).join("")}${rest}`;
}

function formatVariant(variant: Variant, route: Route): string {
  const indent = " ".repeat(10);
  const entries: [string, string][] = [["variant", JSON.stringify(variant.name)]];
  const add = (name: string, node: ShowNode): void => void entries.push([name, show(node, indent)]);
  if (variant.format !== route.format) add("format", JSON.stringify(variant.format));
  add("guard", showGuard(variant.guard));
  add("status", String(variant.status));
  const [headers = [], ...otherHeaders] = variant.headers;
  add("headers", showHeaders(headers));
  if (otherHeaders.length > 0) add("otherHeaders", list(otherHeaders.map(showHeaders)));
  if (variant.stream !== undefined) {
    const { prefix, middle, endings } = variant.stream;
    add("stream", {
      open: "{",
      entries: [
        ['"prefix": ', names(prefix)],
        ['"middle": ', names(middle)],
        ['"endings": ', list(endings.map(names))],
      ],
    });
  }
  if (variant.body !== undefined) add("body", names(variant.body));
  const [trailers, ...otherTrailers] = variant.trailers;
  if (trailers !== undefined) add("trailers", showHeaders(trailers));
  if (otherTrailers.length > 0)
    add("otherTrailers", list(otherTrailers.map((t) => (t === undefined ? "null" : showHeaders(t)))));
  const ends = variant.termination.map(formatTermination);
  add("termination", ends.length === 1 ? ends[0]! : list(ends));
  if (variant.coding !== undefined) add("coding", JSON.stringify(variant.coding));
  const timing = showTiming(variant.timing);
  if (timing.length > 0) add("timing", { open: "{", entries: timing });
  add("takes", JSON.stringify(variant.takesFile));
  return block(entries, " ".repeat(8));
}

function list(items: readonly ShowNode[]): ShowNode {
  return { open: "[", entries: items.map((item) => ["", item]) };
}

function names(row: readonly string[]): ShowNode {
  return list(row.map((name) => JSON.stringify(name)));
}

function showHeaders(template: HeaderTemplate): ShowNode {
  return list(
    template.map(([name, value]) => {
      const shown = typeof value === "string" ? JSON.stringify(value) : `{"$hole": ${JSON.stringify(value.hole)}}`;
      return `[${JSON.stringify(name)}, ${shown}]`;
    }),
  );
}

/** `{"body.stream": {"equals": true}, "body.tools": {"present": true}}`; conditions on one path stand together. */
function showGuard(guard: Guard): ShowNode {
  const byPath = new Map<string, string[]>();
  for (const condition of guard) {
    const { path, test } = condition;
    const value = test === "equals" ? (isTextPath(path) ? JSON.stringify(condition.value) : condition.value) : "true";
    const tests = byPath.get(path);
    if (tests === undefined) byPath.set(path, [`"${test}": ${value}`]);
    else tests.push(`"${test}": ${value}`);
  }
  return {
    open: "{",
    entries: [...byPath].map(([path, tests]) => [`${JSON.stringify(path)}: `, `{${tests.join(", ")}}`]),
  };
}

function showTiming(timing: Variant["timing"]): readonly Entry[] {
  const band = ({ p50, p99 }: Band): string => `{"p50": ${p50}, "p99": ${p99}}`;
  return [
    ...(timing.firstMs ? [['"firstMs": ', band(timing.firstMs)] as const] : []),
    ...(timing.gapMs ? [['"gapMs": ', band(timing.gapMs)] as const] : []),
  ];
}
