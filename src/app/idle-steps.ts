/** A pause before the first step and after each, in which whatever has arrived is dealt with. */
const PAUSE_MS = 5;
/** So long no step is taken where somebody is being served. */
const BUSY_PAUSE_MS = 100;

/** Takes steps of work that nobody waits for while nothing else goes on. The function that it gives ends that. */
export function takeIdleSteps(steps: Iterator<void>, isBusy: () => boolean): () => void {
  const step = (): void => {
    if (isBusy()) return plan(BUSY_PAUSE_MS);
    if (steps.next().done !== true) plan(PAUSE_MS);
  };
  let timer: NodeJS.Timeout | undefined;
  const plan = (ms: number): void => {
    timer = setTimeout(step, ms);
    // The process may end before.
    timer.unref();
  };
  plan(PAUSE_MS);
  return () => clearTimeout(timer);
}
