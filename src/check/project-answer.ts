import { sameEnd } from "./compare.ts";
import type { Chunk } from "../recording/exchange.ts";
import { project, type ResponseBytes } from "../recording/project.ts";
import type { Projection } from "../recording/projection.ts";
import type { Subject } from "./subject.ts";

/**
 * The projection of an answer to a subject. Most answers have the very bytes of the recording, and equal bytes under equal heads make
 * equal events: those are taken over, with their recorded times. In formats whose messages are dear to read they are not read at all.
 */
export function projectAnswer(subject: Subject, answer: ResponseBytes): Projection {
  const { exchange, expected, format } = subject;
  if (expected.events.length === 0) return project(answer, format);
  const isCheap = format.readWhole !== undefined;
  if (!isCheap && !sameBytes(exchange.chunks, answer.chunks)) return project(answer, format);
  const read = project(isCheap ? answer : { ...answer, chunks: [] }, format);
  const isSame =
    read.status === expected.status &&
    sameList(read.headers, expected.headers) &&
    sameList(read.trailers, expected.trailers) &&
    sameEnd(answer.close, exchange.close) &&
    (!isCheap || sameTexts(read, expected));
  if (isSame) return { ...read, events: expected.events, filler: expected.filler, termination: expected.termination };
  return isCheap ? read : project(answer, format);
}

/** Whether two bodies have the same events with the same pieces between them: their texts are all of their bytes. */
function sameTexts(a: Projection, b: Projection): boolean {
  return (
    a.events.length === b.events.length &&
    a.filler.length === b.filler.length &&
    a.events.every(({ text }, i) => text === b.events[i]!.text) &&
    a.filler.every(({ text, before, malformed }, i) => {
      const other = b.filler[i]!;
      return text === other.text && before === other.before && malformed === other.malformed;
    })
  );
}

/** Whether two rows of chunks are the same bytes, however they are cut. */
function sameBytes(a: readonly Chunk[], b: readonly Chunk[]): boolean {
  let [i, j] = [0, 0];
  let [left, right] = [a[0]?.bytes, b[0]?.bytes];
  let [p, q] = [0, 0];
  for (;;) {
    while (left !== undefined && p === left.length) [left, p] = [a[++i]?.bytes, 0];
    while (right !== undefined && q === right.length) [right, q] = [b[++j]?.bytes, 0];
    if (left === undefined || right === undefined) return left === right;
    const count = Math.min(left.length - p, right.length - q);
    for (let k = 0; k < count; k++) if (left[p + k] !== right[q + k]) return false;
    p += count;
    q += count;
  }
}

/** Lengths of bodies are made anew, so they do not tell heads apart. */
function sameList(a: Projection["headers"] | undefined, b: Projection["headers"] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const judged = (list: Projection["headers"]): Projection["headers"] =>
    list.filter(([name]) => name.toLowerCase() !== "content-length");
  const [left, right] = [judged(a), judged(b)];
  return left.length === right.length && left.every(([n, v], i) => n === right[i]![0] && v === right[i]![1]);
}
