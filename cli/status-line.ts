/** The last line of a terminal, drawn over and over, with whole lines printed above it. */
import { drawsOver, sanitise } from "./terminal.ts";

export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Where a stream is no terminal that can be drawn over, nothing is drawn; lines are printed all the same. */
export interface StatusLine {
  /** Whether it draws. */
  readonly live: boolean;
  /** Shows this in place of what is drawn now, cut to the terminal's width. */
  draw(text: string): void;
  /** A bar of `done` in `total` rows. */
  progress(done: number, total: number): void;
  /** Takes away what is drawn. */
  clear(): void;
  print(text: string): void;
  warn(message: string): void;
}

/** One for a stream; whoever draws to it must use this one. */
export function createStatusLine(stream: ProgressStream): StatusLine {
  const live = drawsOver(stream);
  let drawn = false;
  const clear = () => {
    if (drawn) stream.write("\r\u001b[2K");
    drawn = false;
  };
  const print = (text: string) => {
    clear();
    stream.write(`${sanitise(text, 1000)}\n`);
  };
  const draw = (text: string) => {
    if (!live) return;
    stream.write(`\r\u001b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
    drawn = true;
  };
  return {
    live,
    draw,
    progress: (done, total) => draw(`${bar(done, total)} ${done}/${total} rows`),
    clear,
    print,
    warn: (message) => print(`warning: ${message}`),
  };
}

/** `[=====     ]`; full where there is nothing to do. */
export function bar(done: number, total: number, width = 20): string {
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 1;
  const full = Math.floor(share * width);
  return `[${"=".repeat(full)}${" ".repeat(width - full)}]`;
}
