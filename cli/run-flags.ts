/** Flags and arguments that name runs and their checkpoints. */
import { count } from "./count.ts";

/** One run, as an argument. */
export const oneRun = { type: "string", describe: "Id, beginning of an id, name, path, or `latest`." } as const;

/** Several. */
export const someRuns = { type: "string", array: true, describe: "Runs: ids, names, paths, or `latest`." } as const;

/** `--at`: one checkpoint. */
export const checkpoint = count("at", { describe: "Step of the checkpoint (default: the newest).", least: 0 });

/** `--accept-changed-corpus`, for commands that read a run's data again. */
export const acceptChangedCorpus = {
  type: "boolean",
  default: false,
  describe: "Go on though the data is not what the run has on record; the change is put on record.",
} as const;
