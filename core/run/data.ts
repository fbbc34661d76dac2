/** The data of a run, from its config and plugins. */
import type { LoadedConfig } from "../config/load.ts";
import { byDefault } from "../config/source.ts";
import type { Dataset, DatasetOptions } from "../data/dataset.ts";
import { type ChosenPlugins, only } from "../host/resolve.ts";

/** Loads what a run trains and is evaluated on. Keys of `data` that somebody set and that have no effect are in the notes. */
export async function loadRunData(
  loaded: LoadedConfig,
  chosen: ChosenPlugins,
  load: (request: DatasetOptions) => Promise<Dataset>,
  phase?: DatasetOptions["phase"],
): Promise<Dataset> {
  const { data, model } = loaded.config;
  const { tokenizer, eval_fraction, split_seed, pack, separator } = data;
  const dataset = await load({
    corpus: only(chosen.corpus),
    evalCorpus: chosen.evalCorpus[0],
    baseDir: loaded.baseDir,
    tokenizer,
    eval_fraction,
    split_seed,
    pack,
    separator,
    n_ctx: model.n_ctx,
    phase,
  });
  const idle = {
    "the corpus gives token ids": dataset.tokenizer ? [] : ["tokenizer", "separator"],
    "data.eval_corpus is what is held out": chosen.evalCorpus.length > 0 ? ["eval_fraction", "split_seed"] : [],
  };
  const notes = Object.entries(idle).flatMap(([why, keys]) =>
    keys
      .filter((key) => (loaded.sources[`data.${key}`] ?? byDefault) !== byDefault)
      .map((key) => `data.${key} has no effect: ${why}.`),
  );
  return { ...dataset, notes: [...notes, ...dataset.notes] };
}
