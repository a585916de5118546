import type { Codec } from "../formats/format.ts";

/**
 * What it costs to hold two event texts for one another: the share of their places and values that differ, above 0 and at
 * most 1. Places are looked up once an event. `isHole` says at which paths values do not count.
 */
export function createPairCost(
  codec: Codec,
  expected: readonly string[],
  actual: readonly string[],
  isHole: (path: string) => boolean,
): (expected: number, actual: number) => number {
  const numbers = new Map<string, number>();
  const numberOf = (feature: string): number => {
    let n = numbers.get(feature);
    if (n === undefined) numbers.set(feature, (n = numbers.size));
    return n;
  };
  const featuresOf = (text: string): Int32Array => {
    const dissection = codec.dissect(text);
    const found = new Set<number>();
    found.add(numberOf(`event\u0000${dissection.event ?? ""}`));
    for (const leaf of dissection.leaves) {
      found.add(numberOf(leaf.path));
      if (!isHole(leaf.path)) found.add(numberOf(`${leaf.path}\u0000${leaf.raw}`));
    }
    return Int32Array.from(found).sort();
  };
  const cached = (texts: readonly string[]): ((index: number) => Int32Array) => {
    const known: Int32Array[] = [];
    return (index) => (known[index] ??= featuresOf(texts[index]!));
  };
  const expectedFeatures = cached(expected);
  const actualFeatures = cached(actual);
  return (i, j) => {
    const a = expectedFeatures(i);
    const b = actualFeatures(j);
    let same = 0;
    for (let p = 0, q = 0; p < a.length && q < b.length;) {
      const d = a[p]! - b[q]!;
      if (d === 0) same++;
      if (d <= 0) p++;
      if (d >= 0) q++;
    }
    return Math.max(0.001, 1 - same / Math.max(a.length, b.length));
  };
}
