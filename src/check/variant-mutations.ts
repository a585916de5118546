import type { JsonNode } from "../base/json.ts";
import { pathIndex, pathKey } from "../base/path.ts";
import { entriesOf, fieldOf, itemsOf, otherKey, otherValues, type AddMutation, type Range } from "./mutation.ts";

/** What a variant is looked at with. */
export interface VariantWalk {
  readonly text: string;
  readonly add: AddMutation;
  /** Number of the variant. */
  readonly variant: number;
  /** Names of the route's shapes. */
  readonly shapes: readonly string[];
}

/** Mutations of one variant: guard, status, headers, trailers, rows of shapes, termination, coding. `at` is its place in the route. */
export function addVariantMutations(walk: VariantWalk, node: JsonNode, at: string): void {
  const { text, add, variant } = walk;
  addGuard(walk, fieldOf(node, "guard"), pathKey(at, "guard"));
  const status = fieldOf(node, "status");
  if (status !== undefined)
    add(pathKey(at, "status"), "status", status, otherValues(text.slice(status.start, status.end)), {
      kind: "answer",
      variant,
      paths: ["status"],
    });
  addHeads(walk, node, at, "headers", "otherHeaders");
  addHeads(walk, node, at, "trailers", "otherTrailers");
  addRows(walk, node, at);
  addTerminations(walk, fieldOf(node, "termination"), pathKey(at, "termination"));
  const coding = fieldOf(node, "coding");
  if (coding !== undefined)
    add(pathKey(at, "coding"), "coding", coding, otherValues(text.slice(coding.start, coding.end)), {
      kind: "answer",
      variant,
      paths: ["headers.content-encoding"],
    });
}

function addGuard({ text, add, variant }: VariantWalk, guard: JsonNode | undefined, at: string): void {
  const target = { kind: "selection", variant } as const;
  for (const { name: path, value: tests } of entriesOf(text, guard))
    for (const { name: test, key, value } of entriesOf(text, tests)) {
      const place = pathKey(pathKey(at, path), test);
      if (test === "equals") add(place, "guard", value, otherValues(text.slice(value.start, value.end)), target);
      else add(place, "guard", key, [test === "present" ? '"absent"' : '"present"'], target);
    }
}

function addHeads(
  { text, add, variant }: VariantWalk,
  node: JsonNode,
  at: string,
  where: "headers" | "trailers",
  others: string,
): void {
  const first = fieldOf(node, where);
  const heads = [
    { head: first, place: pathKey(at, where) },
    ...itemsOf(fieldOf(node, others)).map((head, i) => ({ head, place: pathIndex(pathKey(at, others), i) })),
  ];
  heads.forEach(({ head, place }, number) => {
    const which = where === "headers" ? { head: number } : { trailers: number };
    itemsOf(head).forEach((pair, i) => {
      const [name, value] = itemsOf(pair);
      if (name?.kind !== "string" || value === undefined) return;
      const kind = where === "headers" ? "header" : "trailer";
      const target = (...names: readonly string[]) =>
        ({ kind: "answer", variant, ...which, paths: names.map((n) => pathKey(where, n.toLowerCase())) }) as const;
      const [own, other] = [name.raw, otherKey(name.raw)].map((raw) => JSON.parse(raw) as string);
      const here = pathIndex(place, i);
      add(pathIndex(here, 0), kind, name, [otherKey(name.raw)], target(own!, other!));
      if (value.kind === "string") add(pathIndex(here, 1), kind, value, otherValues(value.raw), target(own!));
    });
    const swap = orderSwap(text, itemsOf(head));
    if (swap === undefined) return;
    const paths = swap.names.map((n) => pathKey(where, n.toLowerCase()));
    add(place, "order", swap, [swap.swapped], { kind: "answer", variant, ...which, paths });
  });
}

/** The first two neighbours whose order counts, exchanged. Headers that are made anew for each answer have no order. */
function orderSwap(
  text: string,
  pairs: readonly JsonNode[],
): (Range & { readonly names: readonly [string, string]; readonly swapped: string }) | undefined {
  const nameOf = (pair: JsonNode): string | undefined => {
    const [name, value] = itemsOf(pair);
    if (name?.kind !== "string" || (value?.kind === "string" && value.raw === '""')) return undefined;
    return JSON.parse(name.raw) as string;
  };
  for (let i = 1; i < pairs.length; i++) {
    const [a, b] = [pairs[i - 1]!, pairs[i]!];
    const [first, second] = [nameOf(a), nameOf(b)];
    if (first === undefined || second === undefined || first.toLowerCase() === second.toLowerCase()) continue;
    const swapped = text.slice(b.start, b.end) + text.slice(a.end, b.start) + text.slice(a.start, a.end);
    return { start: a.start, end: b.end, names: [first, second], swapped };
  }
  return undefined;
}

/** Another shape in place of each one. */
function addRows(walk: VariantWalk, node: JsonNode, at: string): void {
  const { text, add, variant, shapes } = walk;
  const stream = fieldOf(node, "stream");
  const rows: [path: string, place: string, row: JsonNode | undefined][] = [
    ["body", pathKey(at, "body"), fieldOf(node, "body")],
    ["stream", `${at}.stream.prefix`, fieldOf(stream, "prefix")],
    ["stream", `${at}.stream.middle`, fieldOf(stream, "middle")],
    ...itemsOf(fieldOf(stream, "endings")).map((row, i): [string, string, JsonNode] => [
      "stream",
      pathIndex(`${at}.stream.endings`, i),
      row,
    ]),
  ];
  for (const [path, place, row] of rows) {
    itemsOf(row).forEach((name, i) => {
      if (name.kind !== "string") return;
      const shape = JSON.parse(name.raw) as string;
      const listed = new Set(itemsOf(row).map((n) => text.slice(n.start, n.end)));
      const others = shapes.map((s) => JSON.stringify(s)).filter((raw) => !listed.has(raw));
      add(pathIndex(place, i), "row", name, [...others, otherKey(name.raw)], {
        kind: "answer",
        variant,
        paths: [path],
        shape,
      });
    });
  }
}

const OTHER: Readonly<Record<string, string>> = {
  clean: "truncated",
  truncated: "error",
  error: "clean",
  server: "client",
  client: "server",
  recorder: "server",
};

function addTerminations({ text, add, variant }: VariantWalk, node: JsonNode | undefined, at: string): void {
  const ends = node?.kind === "array" ? node.values : node === undefined ? [] : [node];
  ends.forEach((end, number) => {
    const place = node?.kind === "array" ? pathIndex(at, number) : at;
    for (const { name, value } of entriesOf(text, end)) {
      if (name === "detail") continue;
      const raw = text.slice(value.start, value.end);
      const other =
        value.kind === "string" ? JSON.stringify(OTHER[JSON.parse(raw) as string] ?? "clean") : otherValues(raw)[0]!;
      const target = { kind: "answer", variant, paths: ["termination"], end: number } as const;
      add(pathKey(place, name), "termination", value, [other], target);
    }
  });
}
