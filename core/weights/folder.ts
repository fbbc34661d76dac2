/** The weights in a model's folder as Hugging Face lays it out: one file or several with an index, safetensors first. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { damagedWeights, noWeights, reasonOf } from "../errors/errors.ts";
import { readRegularText } from "../files/regular-file.ts";
import { openSafetensors } from "./safetensors-file.ts";
import type { StoredTensor, StoredTensors } from "./stored.ts";
import { openTorchFile } from "./torch-file.ts";

/** What is looked for, in this order. */
const kinds = [
  { file: "model.safetensors", open: openSafetensors },
  { file: "pytorch_model.bin", open: openTorchFile },
] as const;
const indexOf = (file: string) => `${file}.index.json`;
/** More than any model is cut into. */
const mostShards = 1000;
/** Bytes; a thousand shards need some megabytes. */
const largestIndex = 64 << 20;

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** The weights of a folder. */
export interface FolderWeights extends StoredTensors {
  /** The files that they are in, by name. */
  readonly files: readonly string[];
  /** Their bytes. */
  readonly bytes: number;
}

/** Opens the weights of a folder. Throws `weights.invalid`. */
export function openWeights(folder: string): FolderWeights {
  for (const { file, open } of kinds) {
    const path = join(folder, file);
    if (existsSync(path)) return { ...open(path), files: [file], bytes: statSync(path).size };
    const index = join(folder, indexOf(file));
    if (existsSync(index)) return sharded(folder, index, open);
  }
  throw noWeights(
    folder,
    kinds.flatMap(({ file }) => [file, indexOf(file)]),
  );
}

function sharded(folder: string, index: string, open: (path: string) => StoredTensors): FolderWeights {
  const shards = new Map<string, string[]>();
  for (const [tensor, file] of Object.entries(weightMap(index))) {
    if (!/^[^/\\]+$/.test(file) || file === "..") throw damagedWeights(index, "a shard's name leads out of the folder");
    shards.set(file, [...(shards.get(file) ?? []), tensor]);
  }
  if (shards.size === 0 || shards.size > mostShards) throw damagedWeights(index, `it names ${shards.size} files`);
  const opened: StoredTensors[] = [];
  const close = () => {
    for (const one of opened) one.close();
  };
  const tensors = new Map<string, StoredTensor>();
  let bytes = 0;
  try {
    for (const [file, names] of shards) {
      const path = join(folder, file);
      const shard = open(path);
      opened.push(shard);
      bytes += statSync(path).size;
      for (const name of names) {
        const tensor = shard.tensors.get(name);
        if (tensor === undefined)
          throw damagedWeights(path, `it lacks ${name.slice(0, 80)}, which the index says it has`);
        tensors.set(name, tensor);
      }
    }
  } catch (thrown) {
    close();
    throw thrown;
  }
  return { tensors, close, files: [...shards.keys()], bytes };
}

function weightMap(index: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(readRegularText(index, largestIndex));
  } catch (thrown) {
    throw damagedWeights(index, reasonOf(thrown), thrown);
  }
  const checked = indexSchema.safeParse(value);
  if (!checked.success) throw damagedWeights(index, "expected a map `weight_map` from tensors to files");
  return checked.data.weight_map;
}
