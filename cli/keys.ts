/** Keys of a terminal, while something is drawn on it. */
import type { ReadStream } from "node:tty";

/** Calls `quit` on `q`, Ctrl-C or Ctrl-D, without echo. Returns what gives the terminal back; does nothing where input is no terminal. */
export function onQuit(
  input: Pick<ReadStream, "isTTY" | "setRawMode" | "on" | "off" | "resume" | "pause">,
  quit: () => void,
): () => void {
  if (!input.isTTY) return () => {};
  const pressed = (keys: Buffer) => /[qQ\u0003\u0004]/.test(keys.toString("latin1")) && quit();
  input.setRawMode(true);
  input.on("data", pressed);
  input.resume();
  return () => {
    input.off("data", pressed);
    input.setRawMode(false);
    input.pause();
  };
}
