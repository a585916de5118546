import { MAX_WRITE_BYTES, type PreparedPlan } from "./prepared.ts";
import type { Scheduled, Scheduler } from "./scheduler.ts";
import type { HeaderList } from "../base/http.ts";

/** The way back to one client. All calls after its end are harmless. */
export interface Stage<Head> {
  informational(status: number, headers: HeaderList): void;
  /** `alone`: it is all there is. Otherwise more comes at once, or `flush`. */
  head(plan: PreparedPlan<Head>, alone: boolean): void;
  /** The head leaves now; what follows comes later. */
  flush(): void;
  /** False: wait for `drained`. */
  send(bytes: Uint8Array): boolean;
  /** Calls back once the client takes bytes again. */
  drained(callback: () => void): void;
  /** The clean end with the last bytes; with `code` a reset behind it. */
  end(bytes: Uint8Array, trailers: HeaderList | undefined, code: number | undefined): void;
  /** Cut by the upstream: what was sent before still arrives. */
  reset(code: number | undefined): void;
}

export interface PlayOptions {
  readonly scheduler: Scheduler;
  /** 1 is as recorded, Infinity without waiting. */
  readonly speed: number;
  /** The scheduler's time that counts as zero. */
  readonly zeroMs: number;
  /** Called once, when the last act is over: not for a stream that is held open. */
  finished?(): void;
}

/** A plan on its way. */
export interface Performance {
  /** False once the last act is over; true for ever where the stream is held open. */
  readonly running: boolean;
  /** The client sent one more message, for plans that wait for one. */
  message(): void;
  /** Nothing more is wanted: every timer is freed at once. */
  stop(): void;
}

/**
 * Performs a plan on an absolute time line: each act leaves as soon as its time has come, however late the one before it was. What
 * is due together leaves in one write; while the client takes nothing, nothing is kept but a place in the plan (SPEC section 6).
 */
export function play<Head>(plan: PreparedPlan<Head>, stage: Stage<Head>, options: PlayOptions): Performance {
  const { scheduler, speed } = options;
  const { acts, bytes } = plan;
  let zeroMs = options.zeroMs;
  let next = 0;
  let blocked = false;
  let waiting = false;
  let unread = 0;
  let timer: Scheduled | undefined;

  const deadline = (act: { readonly atUs: number }): number => zeroMs + act.atUs / 1000 / speed;
  const finish = (): void => {
    performance.running = false;
    options.finished?.();
  };
  const advance = (dueMs: number): void => {
    timer = undefined;
    let headPending = false;
    while (!blocked) {
      const act = acts[next];
      // Held open, or stopped.
      if (act === undefined) break;
      if (act.kind === "await") {
        if (unread === 0) {
          waiting = true;
          break;
        }
        unread--;
        zeroMs = scheduler.nowMs();
        next++;
        continue;
      }
      if (deadline(act) > dueMs) {
        timer = scheduler.at(deadline(act), advance);
        break;
      }
      next++;
      switch (act.kind) {
        case "informational":
          stage.informational(act.status, act.headers);
          break;
        case "head": {
          const after = acts[next];
          const alone =
            after?.kind === "end" && after.end === after.start && plan.trailers === undefined && !plan.framed;
          stage.head(plan, alone);
          headPending = true;
          break;
        }
        case "body": {
          let { end } = act;
          let after = acts[next];
          while (after?.kind === "body" && deadline(after) <= dueMs && after.end - act.start <= MAX_WRITE_BYTES) {
            end = after.end;
            after = acts[++next];
          }
          headPending = false;
          if (after?.kind === "end" && deadline(after) <= dueMs && after.end - act.start <= MAX_WRITE_BYTES) {
            next++;
            stage.end(bytes.subarray(act.start, after.end), plan.trailers, after.code);
            return finish();
          } else if (!stage.send(bytes.subarray(act.start, end))) {
            blocked = true;
            stage.drained(unblock);
          }
          break;
        }
        case "end":
          stage.end(bytes.subarray(act.start, act.end), plan.trailers, act.code);
          return finish();
        case "reset":
          if (headPending) stage.flush();
          stage.reset(act.code);
          return finish();
        case "hold":
          break;
      }
    }
    if (headPending) stage.flush();
  };
  const unblock = (): void => {
    blocked = false;
    if (performance.running && timer === undefined) advance(scheduler.dueMs());
  };
  const performance = {
    running: true,
    message: (): void => {
      unread++;
      if (!waiting || !performance.running) return;
      waiting = false;
      advance(scheduler.dueMs());
    },
    stop: (): void => {
      performance.running = false;
      next = acts.length;
      if (timer !== undefined) scheduler.cancel(timer);
      timer = undefined;
    },
  };
  advance(scheduler.dueMs());
  return performance;
}
