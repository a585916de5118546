import type { HeaderList } from "../base/http.ts";
import { pathKey } from "../base/path.ts";
import type { HeaderTemplate } from "../model/model.ts";
import { createPlace, type Place } from "./places.ts";

/** Header lists (or trailers) with the same names in the same order: one template. */
export interface Head {
  /** Names as spelled; undefined where none were sent at all (trailers). */
  readonly names: readonly string[] | undefined;
  /** Numbers of its samples, rising. */
  readonly samples: readonly number[];
  /** For each header that may vary its place; undefined where it is made anew for each answer. */
  readonly places: readonly (Place | undefined)[];
}

/** A header list as it is to be grouped. */
export interface HeadInput {
  readonly sample: number;
  readonly headers: HeaderList | undefined;
  /** Whether a body follows, so that `content-length` is made anew. */
  readonly hasBody: boolean;
}

/** Headers whose values say what kind of answer it is: another value, another template. */
const TELLING = new Set(["content-type"]);

/** Groups header lists, the commonest first. `where`: `headers` or `trailers`. */
export function groupHeads(inputs: readonly HeadInput[], where: "headers" | "trailers"): readonly Head[] {
  const groups = new Map<string, HeadInput[]>();
  for (const input of inputs) {
    const { headers, hasBody } = input;
    const key =
      headers === undefined ? "" : `:${headers.map(([name, value]) => headerKey(name, value, hasBody)).join("\u0001")}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [input]);
    else group.push(input);
  }
  return [...groups.values()]
    .sort((a, b) => b.length - a.length || a[0]!.sample - b[0]!.sample)
    .map((group) => headOf(group, where));
}

function headerKey(name: string, value: string, hasBody: boolean): string {
  const key = name.toLowerCase();
  if (key === "content-length") return `${name}\u0002${hasBody ? "anew" : ""}`;
  return TELLING.has(key) ? `${name}\u0002${value}` : name;
}

function headOf(group: readonly HeadInput[], where: string): Head {
  const first = group[0]!;
  const samples = group.map((input) => input.sample);
  if (first.headers === undefined) return { names: undefined, samples, places: [] };
  const places = first.headers.map(([name, value], i) => {
    const key = name.toLowerCase();
    if (key === "content-length" && first.hasBody) return undefined;
    const values = group.map((input) => input.headers![i]![1]);
    return createPlace({
      path: pathKey(where, key),
      kind: "line",
      family: `${where}\u0001`,
      samples,
      owners: samples,
      column: values.some((other) => other !== value) ? values : undefined,
      first: value,
      isFixed: TELLING.has(key),
    });
  });
  return { names: first.headers.map(([name]) => name), samples, places };
}

/** The template of a head, given the holes' names; undefined where none were sent. */
export function headerTemplate(head: Head, holeAt: (place: Place) => string | undefined): HeaderTemplate | undefined {
  return head.names?.map((name, i) => {
    const place = head.places[i];
    if (place === undefined) return [name, ""] as const;
    const hole = holeAt(place);
    return [name, hole === undefined ? place.first : { hole }] as const;
  });
}
