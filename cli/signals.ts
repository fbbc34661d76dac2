/** SIGINT and SIGTERM: the first asks for an orderly stop, the second leaves at once. */

/** Listens until `stop` is called; `announce` is told what the first signal does. */
export function stopOnSignals(announce: (message: string) => void): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    announce(`${name}: finishing the step and saving a checkpoint; once more to leave at once.`);
    controller.abort(name);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    stop: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
