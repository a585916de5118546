/** Work that waits for its time. */
export interface Scheduled {
  /** Index in its slot; -1 once it ran or was cancelled. Kept by the scheduler. */
  place: number;
  readonly slotMs: number;
  readonly deadlineMs: number;
  readonly run: () => void;
}

/** Runs work at absolute times, all of it from one timer. */
export interface Scheduler {
  /** Milliseconds on the scheduler's clock. */
  nowMs(): number;
  /** The time up to which work is due now: half a tick ahead of the clock, so that work is as often a little early as late. */
  dueMs(): number;
  /** Runs `run` as soon as `deadlineMs` is due, never within this call. */
  at(deadlineMs: number, run: () => void): Scheduled;
  /**
   * Runs what is late. For whoever is about to do work of its own: Node sees to its timers only when all that has arrived is dealt
   * with, and a thousand requests at once would hold up every open stream. Nor may they be held up by what is late for ever: half of
   * the time is theirs.
   */
  catchUp(): void;
  /** Harmless for work that ran already. Nothing of it is kept. */
  cancel(work: Scheduled): void;
  /** How much work waits. */
  readonly waiting: number;
}

/**
 * A timer wheel without a fixed size: one slot a millisecond, and one Node timer for the nearest slot. Deadlines are absolute, so an
 * error of one wake-up does not move the next; a timer a stream would cost more than the streams themselves.
 */
export function createScheduler(nowMs: () => number = () => performance.now()): Scheduler {
  const slots = new Map<number, Scheduled[]>();
  const order = createSlotQueue();
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let wakeMs = Number.POSITIVE_INFINITY;
  let awake = false;
  /** Until then whoever does work of its own goes first. */
  let restUntilMs = Number.NEGATIVE_INFINITY;

  const arm = (deadlineMs: number): void => {
    if (deadlineMs >= wakeMs || awake) return;
    clearTimeout(timer);
    wakeMs = deadlineMs;
    // Node waits a whole number of milliseconds and is rather late than early: the rest is waited for in a second step.
    timer = setTimeout(wake, Math.max(1, Math.min(Math.floor(deadlineMs - HALF_TICK_MS - nowMs()), LONGEST_TIMER_MS)));
  };
  const wake = (): void => {
    wakeMs = Number.POSITIVE_INFINITY;
    awake = true;
    const beganMs = nowMs();
    for (const work of takeDue(beganMs + HALF_TICK_MS)) {
      // Work that ran before it may have cancelled it.
      if (work.place !== DUE) continue;
      work.place = -1;
      waiting--;
      work.run();
    }
    awake = false;
    const endedMs = nowMs();
    restUntilMs = endedMs + (endedMs - beganMs);
    const next = order.first();
    if (next !== undefined) arm(earliest(slots.get(next), next));
  };
  /** All that is due, in the order of its slots; what work puts in while it runs waits for the next wake-up. */
  const takeDue = (dueMs: number): readonly Scheduled[] => {
    const due: Scheduled[] = [];
    for (let slotMs = order.first(); slotMs !== undefined && slotMs <= dueMs; slotMs = order.first()) {
      const slot = slots.get(slotMs) ?? [];
      let kept = 0;
      for (const work of slot)
        if (work.deadlineMs > dueMs) {
          work.place = kept;
          slot[kept++] = work;
        } else {
          work.place = DUE;
          due.push(work);
        }
      slot.length = kept;
      if (kept > 0) break;
      slots.delete(slotMs);
      order.shift();
    }
    return due;
  };
  return {
    nowMs,
    dueMs: () => nowMs() + HALF_TICK_MS,
    at: (deadlineMs, run) => {
      const slotMs = Math.floor(deadlineMs);
      let slot = slots.get(slotMs);
      if (slot === undefined) {
        slot = [];
        slots.set(slotMs, slot);
        order.add(slotMs);
      }
      const work: Scheduled = { place: slot.length, slotMs, deadlineMs, run };
      slot.push(work);
      waiting++;
      arm(deadlineMs);
      return work;
    },
    catchUp: () => {
      if (awake || wakeMs === Number.POSITIVE_INFINITY || nowMs() < Math.max(wakeMs, restUntilMs)) return;
      clearTimeout(timer);
      wake();
    },
    cancel: (work) => {
      if (work.place === -1) return;
      waiting--;
      const slot = slots.get(work.slotMs);
      const { place } = work;
      work.place = -1;
      if (place === DUE || slot === undefined) return;
      const last = slot.pop()!;
      if (last !== work) {
        slot[place] = last;
        last.place = place;
      }
      if (waiting > 0) return;
      slots.clear();
      order.clear();
      clearTimeout(timer);
      wakeMs = Number.POSITIVE_INFINITY;
    },
    get waiting() {
      return waiting;
    },
  };
}

/** Node's timers tick each millisecond. */
const HALF_TICK_MS = 0.5;

/** Place of work whose slot is being run. */
const DUE = -2;

/** Node takes no timer beyond 2^31 ms; a long wait is cut in pieces. */
const LONGEST_TIMER_MS = 2 ** 30;

function earliest(slot: readonly Scheduled[] | undefined, slotMs: number): number {
  let out = Number.POSITIVE_INFINITY;
  for (const work of slot ?? []) out = Math.min(out, work.deadlineMs);
  return out === Number.POSITIVE_INFINITY ? slotMs : out;
}

/** Slots in the order of their times: a binary heap, in which a slot stands once. */
function createSlotQueue(): { add(slotMs: number): void; first(): number | undefined; shift(): void; clear(): void } {
  const heap: number[] = [];
  return {
    add: (slotMs) => {
      let i = heap.push(slotMs) - 1;
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (heap[parent]! <= slotMs) break;
        heap[i] = heap[parent]!;
        i = parent;
      }
      heap[i] = slotMs;
    },
    first: () => heap[0],
    shift: () => {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      let i = 0;
      for (let child = 1; child < heap.length; child = 2 * i + 1) {
        if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
        if (heap[child]! >= last) break;
        heap[i] = heap[child]!;
        i = child;
      }
      heap[i] = last;
    },
    clear: () => {
      heap.length = 0;
    },
  };
}
