import type { Model, Route } from "./model.ts";

export interface RouteMatch {
  readonly route: Route;
  /** Path parameters by name, percent-decoded. */
  readonly params: ReadonlyMap<string, string>;
}

/** Routes of one method as a tree of path segments. */
interface Node {
  readonly literals: Map<string, Node>;
  parameter: Node | undefined;
  route: Route | undefined;
}

const trees = new WeakMap<Model, ReadonlyMap<string, Node>>();

/** The route of a request: literal segments win over parameters, the first one first. Undefined where there is none. */
export function findRoute(model: Model, method: string, path: string): RouteMatch | undefined {
  const root = treesOf(model).get(method);
  if (root === undefined) return undefined;
  const segments = path.split("/");
  const values: string[] = [];
  // Each node of the tree is visited once at most, so a path costs no more than the model is large.
  const walk = (node: Node, depth: number): Route | undefined => {
    if (depth === segments.length) return node.route;
    const segment = segments[depth]!;
    const literal = node.literals.get(segment);
    const found = literal && walk(literal, depth + 1);
    if (found !== undefined || node.parameter === undefined || segment === "") return found;
    values.push(segment);
    const other = walk(node.parameter, depth + 1);
    if (other === undefined) values.pop();
    return other;
  };
  const route = walk(root, 0);
  return route && { route, params: paramsOf(route, values) };
}

function treesOf(model: Model): ReadonlyMap<string, Node> {
  const known = trees.get(model);
  if (known !== undefined) return known;
  const byMethod = new Map<string, Node>();
  for (const route of model.routes) {
    let node = byMethod.get(route.method);
    if (node === undefined) byMethod.set(route.method, (node = createNode()));
    for (const segment of route.pattern.split("/"))
      if (isParameter(segment)) node = node.parameter ??= createNode();
      else {
        let next = node.literals.get(segment);
        if (next === undefined) node.literals.set(segment, (next = createNode()));
        node = next;
      }
    node.route ??= route;
  }
  trees.set(model, byMethod);
  return byMethod;
}

function createNode(): Node {
  return { literals: new Map(), parameter: undefined, route: undefined };
}

function isParameter(segment: string): boolean {
  return segment.length > 1 && segment.startsWith(":");
}

const NO_PARAMS: ReadonlyMap<string, string> = new Map();

function paramsOf(route: Route, values: readonly string[]): ReadonlyMap<string, string> {
  if (values.length === 0) return NO_PARAMS;
  const names = route.pattern.split("/").filter(isParameter);
  return new Map(names.map((name, i) => [name.slice(1), decodeSegment(values[i]!)]));
}

function decodeSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** What of a path is looked at to find routes like it: longer ones are no mistyped route. */
const MAX_SEGMENTS = 32;
const MAX_SEGMENT = 48;

/** The routes nearest to a request that has none, best first, at most `limit`. */
export function nearestRoutes(model: Model, method: string, path: string, limit: number): readonly Route[] {
  const asked = clip(path);
  return model.routes
    .map((route, i) => ({
      route,
      i,
      distance: pathDistance(asked, clip(route.pattern)) + (route.method === method ? 0 : 0.4),
    }))
    .sort((a, b) => a.distance - b.distance || a.i - b.i)
    .slice(0, limit)
    .map(({ route }) => route);
}

function clip(path: string): readonly string[] {
  return path
    .split("/")
    .filter((segment) => segment !== "")
    .slice(0, MAX_SEGMENTS)
    .map((segment) => segment.slice(0, MAX_SEGMENT));
}

/** Least cost of making one row of segments the other: one for a segment more or less, the share of its letters for a changed one. */
function pathDistance(asked: readonly string[], pattern: readonly string[]): number {
  return editDistance(asked.length, pattern.length, (i, j) => segmentDistance(asked[i]!, pattern[j]!));
}

function segmentDistance(asked: string, segment: string): number {
  if (asked === segment) return 0;
  if (isParameter(segment)) return 0.3;
  const [a, b] = [asked.toLowerCase(), segment.toLowerCase()];
  const edits = editDistance(a.length, b.length, (i, j) => (a.charCodeAt(i) === b.charCodeAt(j) ? 0 : 1));
  return 0.05 + edits / Math.max(a.length, b.length);
}

function editDistance(rows: number, columns: number, cost: (i: number, j: number) => number): number {
  let above = Array.from({ length: columns + 1 }, (_, j) => j);
  for (let i = 0; i < rows; i++) {
    const row = [i + 1];
    for (let j = 0; j < columns; j++) row.push(Math.min(above[j]! + cost(i, j), above[j + 1]! + 1, row[j]! + 1));
    above = row;
  }
  return above[columns]!;
}
