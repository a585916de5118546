/** A seeded source of numbers in [0, 1). */
export type Draw = () => number;

/**
 * A sequence of its own for a seed and a label, so that one more draw in one place shifts no other.
 * (FNV-1a to seed, mulberry32 to draw: fast, and the same on every platform.)
 */
export function createDraw(seed: number | string, label: string): Draw {
  let h = 2166136261;
  const text = `${seed}\u0000${label}`;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  let state = h >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** An integer in [0, bound). */
export function drawInt(draw: Draw, bound: number): number {
  return Math.floor(draw() * bound);
}
