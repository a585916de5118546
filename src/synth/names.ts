import { pathPattern, pathSegments } from "../base/path.ts";
import type { LeafKind } from "../formats/format.ts";
import { plainValue } from "../model/raw-value.ts";
import type { Cluster } from "./cluster.ts";

const LONGEST_NAME = 40;

/** A name of letters, digits, dots, dashes and underscores, as rows of shapes need it; empty where nothing is left. */
function slug(text: string): string {
  return text
    .replace(/[^\w.-]+/g, "_")
    .replace(/^[_.-]+|[_.-]+$/g, "")
    .slice(0, LONGEST_NAME);
}

/** Gives names one after the other, each once: a second `tick` is `tick.2`. */
function createNames(): { take(wanted: string): string; has(name: string): boolean } {
  const used = new Set<string>();
  return {
    has: (name) => used.has(name),
    take(wanted) {
      let name = wanted;
      for (let n = 2; used.has(name); n++) name = `${wanted}.${n}`;
      used.add(name);
      return name;
    },
  };
}

/** Events of one shape, their format, and the number of the sample of every event of that format. */
export interface NamedCluster {
  readonly cluster: Cluster;
  readonly format: string;
  readonly samples: ArrayLike<number>;
}

/**
 * Names of shapes, by what tells them apart: the event's name, a discriminator that no other has, else the place that fewest others
 * have. Those of most events choose first.
 */
export function nameShapes(shapes: readonly NamedCluster[]): readonly string[] {
  const clusters = shapes.map(({ cluster }) => cluster);
  const features = shapes.map(featuresOf);
  const owners = new Map<string, number>();
  for (const list of features) for (const { key } of list) owners.set(key, (owners.get(key) ?? 0) + 1);
  const tagOwners = new Map<string, number>();
  for (const { cluster, format } of shapes)
    for (const tag of new Set(tagsOf(cluster)))
      tagOwners.set(`${format} ${tag}`, (tagOwners.get(`${format} ${tag}`) ?? 0) + 1);
  const eventOwners = new Map<string, number>();
  for (const { dissection } of clusters)
    if (dissection.event !== undefined) eventOwners.set(dissection.event, (eventOwners.get(dissection.event) ?? 0) + 1);
  const names = createNames();
  const jsonCount = (format: string): number =>
    shapes.filter((shape) => shape.format === format && shape.cluster.dissection.json !== undefined).length;
  /** A discriminator that is this shape's own, else one that most shapes of the format lack, with what tells it from those that share it. */
  const nameJson = ({ cluster, format }: NamedCluster, feature: () => string): string => {
    const ownersOf = (tag: string): number => tagOwners.get(`${format} ${tag}`)!;
    const tags = tagsOf(cluster).filter((value) => slug(value) !== "");
    const own = tags.find((value) => ownersOf(value) === 1);
    const shared = tags.find((value) => ownersOf(value) * 2 <= jsonCount(format));
    if (own !== undefined && (own === tags[0] || shared === own)) return slug(own);
    if (shared === undefined || tags[0] !== shared) return feature() || slug(own ?? "") || "data";
    if (!names.has(slug(shared))) return slug(shared);
    return [slug(shared), feature()].filter((part) => part !== "").join(".");
  };
  const out: string[] = [];
  const order = clusters
    .map((_, i) => i)
    .sort((a, b) => clusters[b]!.events.length - clusters[a]!.events.length || a - b);
  for (const i of order) {
    const { dissection, isMark } = clusters[i]!;
    const feature = (): string => bestFeature(features[i]!, owners, names);
    let name: string;
    if (dissection.event !== undefined && slug(dissection.event) !== "") {
      const event = slug(dissection.event);
      const more = eventOwners.get(dissection.event)! > 1 && names.has(event) ? feature() : "";
      name = more === "" || more === "type" ? event : `${event}.${more}`;
    } else if (dissection.json === undefined)
      name =
        (isMark && dissection.leaves[0]!.raw.length <= LONGEST_NAME
          ? slug(dissection.leaves[0]!.raw).toLowerCase()
          : "") || (dissection.leaves.length > 0 ? "text" : "empty");
    else name = nameJson(shapes[i]!, feature);
    out[i] = names.take(name);
  }
  return out;
}

/** Discriminators, those outside arrays first. */
function tagsOf({ dissection, tags }: Cluster): readonly string[] {
  const leaves = [...tags].map((i) => dissection.leaves[i]!);
  const outer = leaves.filter((leaf) => !leaf.path.includes("["));
  return [...outer, ...leaves.filter((leaf) => !outer.includes(leaf))].map((leaf) => plainValue(leaf.raw));
}

interface Feature {
  readonly key: string;
  readonly name: string;
  readonly depth: number;
  readonly kind: LeafKind | "container";
  /** Whether its values differ within one stream. */
  readonly isBusy: boolean;
}

/** Leaves with their kinds, and the containers around them. */
function featuresOf({ cluster, samples }: NamedCluster): readonly Feature[] {
  const out = new Map<string, Feature>();
  const { dissection, columns, events } = cluster;
  const isBusy = (column: readonly string[] | undefined): boolean =>
    column?.some((raw, n) => n > 0 && raw !== column[n - 1] && samples[events[n]!] === samples[events[n - 1]!]) ===
    true;
  const add = (path: string, kind: Feature["kind"], column?: readonly string[]): void => {
    const key = `${pathPattern(path)} ${kind}`;
    if (out.has(key)) return;
    const segments = (pathSegments(path) ?? []).filter((s) => typeof s === "string");
    const last = slug(segments.at(-1) ?? "");
    const above = VAGUE.has(last) ? slug(segments.at(-2) ?? "") : "";
    const name = above === "" ? last : `${above}.${last}`;
    out.set(key, { key, name, depth: segments.length, kind, isBusy: isBusy(column) });
  };
  dissection.leaves.forEach(({ path, kind }, i) => {
    add(path, kind, columns[i]);
    for (let k = path.length - 1; k > 0; k--)
      if (path[k] === "." || path[k] === "[") add(path.slice(0, k), "container");
  });
  return [...out.values()];
}

/** Keys that say little without the one above them. */
const VAGUE = new Set(["id", "name", "type", "value", "index", "text", "key", "data", "kind", "object"]);

/** The rarest, if it is not taken; of those a string, then a structure; what differs all the time, then what lies less deep. */
function bestFeature(
  features: readonly Feature[],
  owners: ReadonlyMap<string, number>,
  names: { has(name: string): boolean },
): string {
  let best: Feature | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const feature of features) {
    if (feature.name === "" || feature.kind === "null") continue;
    const kind = feature.kind === "string" ? 0 : feature.kind === "container" ? 1 : 2;
    const rank =
      owners.get(feature.key)! * 1000 +
      (names.has(feature.name) ? 500 : 0) +
      kind * 50 +
      (feature.isBusy ? 0 : 20) +
      feature.depth;
    if (rank >= bestRank) continue;
    best = feature;
    bestRank = rank;
  }
  return best?.name ?? "";
}

/** What a hole is named after. */
export interface HoleName {
  /** The shortest of its paths. */
  readonly path: string;
  readonly isOfStream: boolean;
}

/** The last key of a path, with as many keys before it as make it the only one. Those of whole streams choose first. */
export function nameHoles(holes: readonly HoleName[]): readonly string[] {
  const names = new Set<string>();
  const out: string[] = [];
  const order = holes.map((_, i) => i);
  order.sort((a, b) => {
    const [x, y] = [holes[a]!, holes[b]!];
    if (x.isOfStream !== y.isOfStream) return x.isOfStream ? -1 : 1;
    return x.path.length - y.path.length || a - b;
  });
  for (const i of order) {
    const keys = keysOf(holes[i]!.path);
    let n = 1;
    let name = keys.slice(-n).join(".");
    while (names.has(name) && n < keys.length) name = keys.slice(-++n).join(".");
    const base = name === "" ? "value" : name;
    name = base;
    for (let k = 2; names.has(name); k++) name = `${base}${k}`;
    names.add(name);
    out[i] = name;
  }
  return out;
}

/** Keys of a path; of headers and trailers the header's name alone. */
function keysOf(path: string): readonly string[] {
  return (pathSegments(path) ?? [path]).filter((s) => typeof s === "string").map((key) => key.slice(0, LONGEST_NAME));
}
