import type { Codec } from "../formats/format.ts";
import { cluster, type Cluster, type EventLog } from "./cluster.ts";
import { createPlace, type Place } from "./places.ts";
import type { Sample } from "./sample.ts";

/** The shapes-to-be of one format on a route, with all their places. */
export interface FormatEvents {
  readonly format: string;
  readonly codec: Codec;
  readonly clusters: readonly Cluster[];
  /** Place of each leaf, by cluster. */
  readonly places: readonly (readonly Place[])[];
  /** Number of the cluster of each event. */
  readonly clusterOf: Int32Array;
  /** Number of the sample of each event. */
  readonly samples: Int32Array;
  /** First event of each sample that has this format, by number of the sample. */
  readonly firstEvent: ReadonlyMap<number, number>;
}

/** Clusters the events of those samples (numbers and samples of one route) that have the format. `opaque`: path patterns set by hand. */
export function clusterEvents(
  format: string,
  codec: Codec,
  samples: readonly (readonly [number, Sample])[],
  opaque: ReadonlySet<string>,
): FormatEvents {
  const texts: string[] = [];
  const owners: number[] = [];
  const last = new Set<number>();
  const firstEvent = new Map<number, number>();
  for (const [number, { projection }] of samples) {
    firstEvent.set(number, texts.length);
    for (const { text } of projection.events) {
      texts.push(text);
      owners.push(number);
    }
    if (projection.termination.shape === "clean") last.add(texts.length - 1);
  }
  const log: EventLog = { texts, samples: Int32Array.from(owners), isLast: (event) => last.has(event) };
  const clusters = cluster(log, codec, { opaque, nullable: new Set(), plain: new Set() });
  const clusterOf = new Int32Array(texts.length);
  clusters.forEach(({ events }, i) => {
    for (const event of events) clusterOf[event] = i;
  });
  const places = clusters.map((c) => placesOf(c, format, log));
  return { format, codec, clusters, places, clusterOf, samples: log.samples, firstEvent };
}

function placesOf(c: Cluster, format: string, log: EventLog): readonly Place[] {
  const { dissection, events, columns, tags, isMark } = c;
  const samples = new Int32Array(events.length);
  // Events are in the order of their samples.
  const owners: number[] = [];
  for (let i = 0; i < events.length; i++) {
    const sample = log.samples[events[i]!]!;
    samples[i] = sample;
    if (owners.at(-1) !== sample) owners.push(sample);
  }
  const family = `${format}\u0001${dissection.event ?? ""}`;
  return dissection.leaves.map(({ path, kind, raw }, i) => {
    return createPlace({
      path,
      kind,
      family,
      samples,
      owners,
      column: columns[i],
      first: raw,
      isFixed: isMark || tags.has(i),
    });
  });
}
