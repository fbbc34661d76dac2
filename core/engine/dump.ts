/** Puts a compiled program on disk for people and tools to look at. */
import { writeFile } from "node:fs/promises";
import { invalidStep } from "../errors/errors.ts";
import type { Program } from "./engine.ts";

/**
 * Writes the program as text to `file` and, where it is one, the ONNX model beside it as `file.onnx` (for Netron and
 * `onnx.checker`). Gives the paths written; an eager engine's program is nothing to write, which is an error.
 */
export async function dumpProgram(program: Program, file: string): Promise<readonly string[]> {
  if (program.print === undefined) {
    throw invalidStep("--dump-graph", "only the onnx engine compiles to a graph. Use `--set engine.name=onnx`.");
  }
  await writeFile(file, program.print());
  if (program.model === undefined) return [file];
  await writeFile(`${file}.onnx`, program.model);
  return [file, `${file}.onnx`];
}
