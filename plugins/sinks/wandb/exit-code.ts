import type { Outcome } from "../../../core/contract/run.ts";

/** How W&B is told that a run ended: 0 only for one that finished; it shows every other code as failed. */
export function exitCodeOf(state: Outcome["state"] | "killed"): number {
  switch (state) {
    case "finished":
      return 0;
    case "failed":
      return 1;
    case "interrupted":
      return 130;
    case "killed":
      return 137; // a shell's code for a process that SIGKILL ended
    default:
      return state satisfies never;
  }
}
