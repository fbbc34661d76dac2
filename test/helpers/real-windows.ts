/** Windows of real text under a trained network, as counts: the population that intervals and verdicts must hold on. */
import { readFileSync } from "node:fs";
import type { Random } from "../../core/arrays/random.ts";
import { decodeSafetensors } from "../../core/arrays/safetensors.ts";
import { type Firings, firings } from "../../plugins/analyzers/counts.ts";

const file = new URL("../fixtures/windows.safetensors", import.meta.url);
const { arrays, metadata } = decodeSafetensors(readFileSync(file), "windows");

/** Tokens in a window. */
export const pos = Number(metadata.pos);
/** Windows of the population, and the layers that are known of them. */
export const windows = arrays.document!.shape[0]!;
export const layers = Object.keys(arrays).flatMap((key) => (key.startsWith("firings/") ? [key] : []));

/** Some windows of one layer as a batch; `units` picks and orders units, all of them by default. Of tokens only sums are right. */
export function batchOf(layer: string, chosen: readonly number[], units?: readonly number[]): Firings {
  const { shape, data } = arrays[layer]!;
  const width = shape[1]!;
  const picked = units ?? Array.from({ length: width }, (_, i) => i);
  const perSequence = Int32Array.from(chosen.flatMap((w) => picked.map((i) => data[w * width + i]!)));
  const perToken = new Int32Array(chosen.length * pos);
  for (const b of chosen.keys()) {
    const total = perSequence
      .subarray(b * picked.length, (b + 1) * picked.length)
      .reduce((sum, count) => sum + count, 0);
    for (let t = 0; t < pos; t++) perToken[b * pos + t] = Math.floor((total + t) / pos);
  }
  const shapes = [chosen.length, picked.length];
  return firings({ shape: shapes, data: perSequence }, { shape: [chosen.length, pos], data: perToken });
}

/** What each document of the population has in a layer: its windows, and by unit its firings and the windows that hold one. */
export function documentsOf(layer: string) {
  const { shape, data } = arrays[layer]!;
  const units = shape[1]!;
  const found = new Map<number, { windows: number; firings: Uint32Array; holders: Uint32Array }>();
  for (const [w, name] of arrays.document!.data.entries()) {
    const own = found.get(name) ?? { windows: 0, firings: new Uint32Array(units), holders: new Uint32Array(units) };
    own.windows++;
    for (let i = 0; i < units; i++) {
      own.firings[i]! += data[w * units + i]!;
      own.holders[i]! += data[w * units + i]! > 0 ? 1 : 0;
    }
    found.set(name, own);
  }
  return [...found.values()];
}

/** `size` windows by lot. */
export function drawn(random: Random, size: number): number[] {
  return Array.from({ length: size }, () => random.integer(windows));
}
