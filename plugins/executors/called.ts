/** Calling a scheduler's own commands. */
import { execFile } from "node:child_process";
import { schedulerFailed } from "../../core/errors/errors.ts";

/** What a command prints. Throws `train.failed` with its last words, or with what to do where it is not there. */
export function called(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { encoding: "utf8", maxBuffer: 64 << 20 }, (thrown, stdout, stderr) => {
      if (thrown === null) resolve(stdout);
      else reject(schedulerFailed(command, thrown.code === "ENOENT" ? undefined : stderr.trim() || thrown.message));
    });
  });
}

/** A text as one word of a POSIX shell. */
export function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
