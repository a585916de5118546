/** Work waits this long, so that the pieces of a burst all leave for their clients before the first of them is looked into. */
const GATHER_MS = 2;
/** So long at a stretch; then whatever has arrived meanwhile goes first. */
const STRETCH_MS = 0.5;
/** More than this does not wait, however busy the relay is. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** What a piece of work holds beside its bytes, roughly. */
const WORK_BYTES = 512;

/** Work that is put off, to be done in order. */
export interface Later {
  /** `bytes`: how many are kept for it until then. */
  readonly put: (work: () => void, bytes: number) => void;
  /** Does all that waits, now. */
  flush(): void;
}

/** Work on what was relayed, in its order, when the relay has nothing to do. */
export function createLater(): Later {
  let waiting: { readonly work: () => void; readonly bytes: number }[] = [];
  let waitingBytes = 0;
  let next = 0;
  let isAwaited = false;
  /** Works until the time is up, and beyond it while too much waits. */
  const workUntil = (untilMs: number): void => {
    while (next < waiting.length) {
      const { work, bytes } = waiting[next++]!;
      waitingBytes -= bytes;
      work();
      if (waitingBytes <= MAX_WAITING_BYTES && performance.now() >= untilMs) break;
    }
    if (next < waiting.length) return;
    waiting = [];
    next = 0;
  };
  const stretch = (): void => {
    workUntil(performance.now() + STRETCH_MS);
    isAwaited = waiting.length > 0;
    if (isAwaited) setImmediate(stretch);
  };
  return {
    put: (work, bytes) => {
      waiting.push({ work, bytes: bytes + WORK_BYTES });
      waitingBytes += bytes + WORK_BYTES;
      if (isAwaited) return;
      isAwaited = true;
      setTimeout(stretch, GATHER_MS);
    },
    flush: () => workUntil(Number.POSITIVE_INFINITY),
  };
}
