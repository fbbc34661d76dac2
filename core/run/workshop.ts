/**
 * What runs of one process share, one run at a time: engines with what they have compiled, and the text that was read.
 */
import { type Dataset, type DatasetOptions, loadDataset } from "../data/dataset.ts";
import { createEngine } from "../engine/choose.ts";
import type { Engine, EngineOptions, Program } from "../engine/engine.ts";

export interface Workshop {
  /** An engine of these options; its `dispose` gives it back. Programs of one `sameAs` are compiled once. */
  engine(options: EngineOptions): Promise<Engine>;
  dataset(request: DatasetOptions): Promise<Dataset>;
  /** Lets everything go. Call it, too, after a run that failed: what it left behind may be broken. */
  close(): Promise<void>;
}

/** Shares nothing: for a run by itself. */
export const loneWorkshop: Pick<Workshop, "engine" | "dataset"> = { engine: createEngine, dataset: loadDataset };

/** Programs that nobody uses are kept up to this many, the least recently used going first. */
const mostPrograms = 32;
/** Texts that are kept. */
const mostDatasets = 2;

/** An empty one. */
export function createWorkshop(): Workshop {
  const engines = new Map<string, Promise<SharedEngine>>();
  const datasets = new Map<string, { readonly corpus: DatasetOptions["corpus"]; readonly dataset: Promise<Dataset> }>();
  return {
    engine: async (options) => {
      const key = JSON.stringify(options);
      const made = engines.get(key) ?? createEngine(options).then(sharedEngine);
      engines.set(key, made);
      try {
        return (await made).engine;
      } catch (thrown) {
        engines.delete(key);
        throw thrown;
      }
    },
    dataset: async (request) => {
      const { corpus, ...rest } = request;
      const key = JSON.stringify([corpus.name, rest]);
      const found = datasets.get(key);
      if (found?.corpus === corpus) return found.dataset;
      const dataset = loadDataset(request);
      datasets.set(key, { corpus, dataset });
      dataset.catch(() => datasets.delete(key));
      for (const old of [...datasets.keys()].slice(0, -mostDatasets)) datasets.delete(old);
      return dataset;
    },
    close: async () => {
      const open = [...engines.values()];
      engines.clear();
      datasets.clear();
      for (const engine of open) await engine.then((one) => one.close()).catch(() => {});
    },
  };
}

interface SharedEngine {
  readonly engine: Engine;
  close(): Promise<void>;
}

interface Kept {
  readonly program: Promise<Program>;
  users: number;
}

function sharedEngine(own: Engine): SharedEngine {
  const kept = new Map<string, Kept>();
  const makeRoom = () => {
    for (const [key, { program, users }] of kept) {
      if (kept.size <= mostPrograms) return;
      if (users > 0) continue;
      kept.delete(key);
      program.then((one) => one.dispose()).catch(() => {});
    }
  };
  const engine: Engine = {
    ...own,
    compile: async (step, signature, name, sameAs) => {
      if (sameAs === undefined) return own.compile(step, signature, name);
      const key = JSON.stringify([sameAs, signature.inputs]);
      const found = kept.get(key) ?? { program: own.compile(step, signature, name), users: 0 };
      kept.delete(key); // back to the end: used just now
      kept.set(key, found);
      found.users++;
      try {
        const program = await found.program;
        makeRoom();
        return { ...program, dispose: () => void found.users-- };
      } catch (thrown) {
        kept.delete(key);
        throw thrown;
      }
    },
    dispose: async () => {},
  };
  return { engine, close: () => own.dispose() };
}
