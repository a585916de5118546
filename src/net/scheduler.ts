import { createSlotQueue } from "./slot-queue.ts";

/** Work that waits for its time. */
export interface Scheduled {
  /** Index in its slot; -1 once it ran or was cancelled. Kept by the scheduler. */
  place: number;
  readonly slotMs: number;
  readonly deadlineMs: number;
  /** Gets the time up to which work is due. */
  readonly run: (dueMs: number) => void;
}

/** Runs work at absolute times, all of it from one timer, and work without a time in between. */
export interface Scheduler {
  /** Milliseconds on the scheduler's clock. */
  nowMs(): number;
  /** The time up to which work is due now: half a tick ahead of the clock, so that work is as often a little early as late. */
  dueMs(): number;
  /** Runs `run` as soon as `deadlineMs` is due, never within this call. */
  at(deadlineMs: number, run: (dueMs: number) => void): Scheduled;
  /**
   * Runs `run` once all that has arrived with it has been read, in the order of the calls: for answers to requests. What is due
   * and what is asked for share the time where there is not enough of it, and what arrives is read in between.
   */
  soon(run: () => void): void;
  /**
   * Runs a slice of what is late. For whoever is about to do work of its own that cannot wait for a turn: Node reads all that has arrived
   * first. Half of the time is theirs.
   */
  catchUp(): void;
  /** Harmless for work that ran already. Nothing of it is kept. */
  cancel(work: Scheduled): void;
  /** How much work waits for its time. */
  readonly waiting: number;
}

/**
 * A timer wheel without a fixed size: one slot a millisecond, and one Node timer for the nearest slot. Deadlines are absolute, so an
 * error of one wake-up does not move the next; a timer a stream would cost more than the streams themselves.
 *
 * Work is done in turns: a slice of what is due, a slice of what is asked for, then Node reads what has arrived. A thousand events
 * that are due at once do not keep a request from being read, nor do a thousand requests hold up the open streams.
 */
export function createScheduler(nowMs: () => number = () => performance.now()): Scheduler {
  const slots = new Map<number, Scheduled[]>();
  const order = createSlotQueue();
  /** What is due of the slot that is being run, from `firstDue` on; what is left of it is the first of the next turn. */
  let due: readonly Scheduled[] = [];
  let firstDue = 0;
  const asked: (() => void)[] = [];
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let wakeMs = Number.POSITIVE_INFINITY;
  /** A turn is on, or comes as soon as Node has read what has arrived. */
  let busy = false;
  let running = false;
  /** Until then whoever does work of its own goes first. */
  let restUntilMs = Number.NEGATIVE_INFINITY;
  /** While due work runs: the time up to which it is run in this turn. */
  let turnDueMs = Number.NEGATIVE_INFINITY;

  const turnSoon = (): void => {
    clearTimeout(timer);
    wakeMs = Number.POSITIVE_INFINITY;
    busy = true;
    setImmediate(turn);
  };
  const arm = (deadlineMs: number): void => {
    if (deadlineMs >= wakeMs || busy) return;
    const aheadMs = deadlineMs - HALF_TICK_MS - nowMs();
    // A timer would take a millisecond at least.
    if (aheadMs <= 0) return turnSoon();
    clearTimeout(timer);
    wakeMs = deadlineMs;
    // Node waits a whole number of milliseconds and is rather late than early: the rest is waited for in a second step.
    timer = setTimeout(turn, Math.max(1, Math.min(Math.floor(aheadMs), LONGEST_TIMER_MS)));
  };
  const turn = (): void => {
    wakeMs = Number.POSITIVE_INFINITY;
    busy = true;
    runDue();
    runAsked();
    busy = false;
    if (firstDue < due.length || asked.length > 0) return turnSoon();
    const next = order.first();
    if (next !== undefined) arm(earliest(slots.get(next), next));
  };
  const runDue = (): void => {
    const beganMs = nowMs();
    const untilMs = beganMs + SLICE_MS;
    let now = beganMs;
    turnDueMs = beganMs + HALF_TICK_MS;
    running = true;
    while (now < untilMs && (firstDue < due.length || takeSlot())) {
      const work = due[firstDue++]!;
      // Work that ran before it may have cancelled it.
      if (work.place !== DUE) continue;
      work.place = -1;
      waiting--;
      work.run(now + HALF_TICK_MS);
      now = nowMs();
    }
    // Nothing of what ran is kept.
    if (firstDue >= due.length) due = NONE;
    running = false;
    turnDueMs = Number.NEGATIVE_INFINITY;
    restUntilMs = now + (now - beganMs);
  };
  const runAsked = (): void => {
    const untilMs = nowMs() + SLICE_MS;
    let ran = 0;
    while (ran < asked.length) {
      asked[ran++]!();
      if (nowMs() >= untilMs) break;
    }
    asked.splice(0, ran);
  };
  /** Makes what is due of the earliest slot the work that is run. False where nothing is. */
  const takeSlot = (): boolean => {
    due = NONE;
    firstDue = 0;
    for (let slotMs = order.first(); slotMs !== undefined && slotMs <= turnDueMs; slotMs = order.first()) {
      const slot = slots.get(slotMs) ?? [];
      due = takeDue(slot, turnDueMs);
      if (slot.length > 0) break;
      slots.delete(slotMs);
      order.shift();
      if (due.length > 0) break;
    }
    return due.length > 0;
  };
  return {
    nowMs,
    dueMs: () => nowMs() + HALF_TICK_MS,
    at: (wantedMs, run) => {
      // What due work wants at once waits for a later turn, so that nobody starves.
      const deadlineMs = wantedMs <= turnDueMs ? turnDueMs + 1 : wantedMs;
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
    soon: (run) => {
      asked.push(run);
      if (!busy) turnSoon();
    },
    catchUp: () => {
      if (!running && waiting > 0 && nowMs() >= restUntilMs) runDue();
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

/** How long a turn stays with one kind of work. Requests get their zero when they are read, which is between turns. */
const SLICE_MS = 1;

/** Node takes no timer beyond 2^31 ms; a long wait is cut in pieces. */
const LONGEST_TIMER_MS = 2 ** 30;

/** Takes what is due out of a slot, in its order. */
function takeDue(slot: Scheduled[], dueMs: number): readonly Scheduled[] {
  const due: Scheduled[] = [];
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
  return due;
}

const NONE: readonly Scheduled[] = [];

/** Place of work that is due. */
const DUE = -2;

function earliest(slot: readonly Scheduled[] | undefined, slotMs: number): number {
  let out = Number.POSITIVE_INFINITY;
  for (const work of slot ?? []) out = Math.min(out, work.deadlineMs);
  return out === Number.POSITIVE_INFINITY ? slotMs : out;
}
