/**
 * A sign of life for those who cannot see the process that holds a lock: its file is written to (the same byte again) every few
 * seconds, so that the time at which the file system says it changed is the time at which its owner lived.
 */
import { Worker } from "node:worker_threads";

/** Time between two signs, ms. */
const every = 10_000;
/** A lock that nobody has written to for this long has no owner; network file systems may show a change a minute late. */
export const silence = 120_000;
/** Runs that are over before need no thread, ms. */
const begin = 5_000;

/**
 * In a thread of its own: a step of the run may take minutes. It writes only to the file that holds `text`; one that has taken its
 * place is another owner's.
 */
const beating = `
const fs = require("node:fs");
const { workerData: { path, text, every } } = require("node:worker_threads");
setInterval(() => {
  let file;
  try {
    file = fs.openSync(path, "r+");
    const bytes = Buffer.alloc(text.length + 1);
    if (fs.readSync(file, bytes, 0, bytes.length, 0) === text.length && bytes.toString("utf8", 0, text.length) === text)
      fs.writeSync(file, bytes, 0, 1, 0);
  } catch {
    // A file system that does not answer now may do so in time.
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}, every);`;

/** Begins to give signs for a lock whose file holds `text`; returns how to stop. Never keeps the process alive. */
export function startHeartbeat(path: string, text: string): () => void {
  let worker: Worker | undefined;
  const timer = setTimeout(() => {
    worker = new Worker(beating, {
      eval: true,
      workerData: { path, text, every },
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    worker.on("error", () => {}); // without signs the lock is taken over after a while, which the owner then notices
    worker.unref();
  }, begin);
  timer.unref();
  return () => {
    clearTimeout(timer);
    void worker?.terminate();
  };
}
