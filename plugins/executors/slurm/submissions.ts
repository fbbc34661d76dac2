/** Which array jobs were submitted for a sweep, and which runs each of their tasks does. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { makeOwnFolder } from "../../../core/files/own-file.ts";
import { readRegularText } from "../../../core/files/regular-file.ts";

const submission = z.object({
  job: z.string().regex(/^\d+$/),
  /** Task to the names of its runs. */
  runs: z.record(z.string(), z.array(z.string())),
});
export interface Submission {
  readonly job: string;
  readonly runs: Readonly<Record<string, readonly string[]>>;
}

/** All of them; files that are not one are passed over. */
export function readSubmissions(sweepFolder: string): Submission[] {
  const folder = join(sweepFolder, "slurm");
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /^job-\d+\.json$/.test(name));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      return [submission.parse(JSON.parse(readRegularText(join(folder, name), 1 << 20)))];
    } catch {
      return [];
    }
  });
}

export function writeSubmission(sweepFolder: string, one: Submission): void {
  makeOwnFolder(sweepFolder, "slurm");
  writeFileSync(join(sweepFolder, "slurm", `job-${one.job}.json`), `${JSON.stringify(submission.parse(one))}\n`);
}
