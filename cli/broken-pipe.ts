/** Output that nobody reads any more: `| head` has had enough, a terminal is gone, the disk behind `>` is full. */

/**
 * Lets the command go on when its output can no longer be written: what a training run makes is in its directory, not on
 * the screen. Anything but a closed pipe makes the exit code 1.
 */
export function outliveOutput(process: NodeJS.Process): void {
  let lost = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      lost ||= error.code !== "EPIPE";
    });
  }
  process.on("exit", (code) => {
    if (lost && code === 0) process.exitCode = 1;
  });
}
