/**
 * Resolves at SIGINT, SIGTERM, or after `durationMs`, whichever is first. A second signal ends the process at once, for a
 * clean stop that does not come to an end.
 */
export function untilStopped(durationMs?: number): Promise<"signal" | "duration"> {
  return new Promise((resolve) => {
    // A command that fails before it listens must not wait for its end.
    const timer = durationMs === undefined ? undefined : setTimeout(() => finish("duration"), durationMs).unref();
    const onSignal = (): void => finish("signal");
    const finish = (why: "signal" | "duration"): void => {
      clearTimeout(timer);
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.off(signal, onSignal);
        process.on(signal, () => process.exit(130));
      }
      resolve(why);
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}
