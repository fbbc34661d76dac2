/**
 * Signals that ask a run to end: the step in hand is finished, a checkpoint saved, exit code 130. Batch systems send USR1, USR2,
 * XCPU or TERM before time is up, a closed terminal HUP, Ctrl-C INT.
 */

const stopping = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU"] as const;

/** Of these a second one, the same or the other, leaves at once; a batch system may repeat the rest. */
const insistent: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];

/** Until somebody listens, USR1 would have Node open its inspector's port: this ends the command instead, as USR2 does. */
export function withoutInspector(): void {
  process.on("SIGUSR1", leave);
}

function leave(): void {
  process.exit(130);
}

/** Listens until `stop` is called; `announce` is told what the first signal does. A second one of `insisting` leaves at once. */
export function stopOnSignals(
  announce: (message: string) => void,
  insisting: readonly NodeJS.Signals[] = insistent,
): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const seen = new Set<NodeJS.Signals>();
  const onSignal = (name: NodeJS.Signals) => {
    if (insisting.includes(name) && [...seen].some((one) => insisting.includes(one))) process.exit(130);
    seen.add(name);
    if (controller.signal.aborted) return;
    const again = insisting.includes(name) ? "; once more to leave at once" : "";
    announce(`${name}: finishing the step and saving a checkpoint${again}.`);
    controller.abort(name);
  };
  for (const name of stopping) process.on(name, onSignal);
  process.off("SIGUSR1", leave);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of stopping) process.off(name, onSignal);
      process.on("SIGUSR1", leave);
    },
  };
}
