/** SIGINT and SIGTERM: the first asks for an orderly stop, the second leaves at once. */

/** Listens until `stop` is called; `announce` is told what the first signal does. `more` are signals that ask for the same. */
export function stopOnSignals(
  announce: (message: string) => void,
  more: readonly NodeJS.Signals[] = [],
): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    announce(`${name}: finishing the step and saving a checkpoint; once more to leave at once.`);
    controller.abort(name);
  };
  const signals = ["SIGINT", "SIGTERM", ...more] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
