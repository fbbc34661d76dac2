/** Checkpoints of a run of ours: of its own parameters and its own text. */
import { dirname, resolve } from "node:path";
import { loadCheckpoint } from "../../core/checkpoint/checkpoint.ts";
import { deepFreeze } from "../../core/config/deep-freeze.ts";
import type { LoadedConfig } from "../../core/config/load.ts";
import type { ModelInstance } from "../../core/contract/model.ts";
import { noParameters } from "../../core/errors/errors.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { choosePlugins } from "../../core/host/resolve.ts";
import { readRun } from "../../core/record/runs.ts";
import { type OpenRun, openRun, recordedData } from "../../core/run/open.ts";
import { recordedConfig } from "../../core/run/recorded-config.ts";
import { isOwnRun } from "../../core/run/trust.ts";
import type { Found } from "./find.ts";
import type { Subject } from "./subject.ts";

/** Checkpoints of ours as parameters of `model`; nothing is read before `open`. */
export function ownSubjects(found: readonly Pick<Subject, "path" | "step">[], model: ModelInstance): Subject[] {
  const names = Object.keys(model.parameters);
  return found.map(
    ({ path, step }): Subject => ({
      path,
      step,
      open: () => {
        const { state, cursor } = loadCheckpoint(path);
        return {
          *parameters() {
            for (const name of names) {
              const { shape, data } = state[name]!;
              yield [name, { shape, data: data.slice() }]; // given away, and perhaps asked for again
            }
          },
          cursor,
          notes: [],
          dtype: "float32",
          close: () => {},
        };
      },
    }),
  );
}

/** The run that checkpoints are of, open on its own data, with analyzers, sinks and engine of the present config. */
export async function openSource(
  [first]: readonly Found[],
  loaded: LoadedConfig,
  plugins: PluginTable,
  { acceptChangedCorpus, phase }: { acceptChangedCorpus?: boolean; phase: (text: string) => void },
): Promise<{ readonly open: OpenRun; readonly tokensPerStep: number }> {
  const { run } = readRun(dirname(dirname(first!.path)));
  if (run.observed !== undefined) throw noParameters(run.id, run.observed.source);
  // A run is data: what its config names is loaded only where this user's own word, or seal, is on it.
  const plain = { ...run, config: { ...run.config, analyzers: {}, sinks: {} } };
  const word = { present: loaded, ...(isOwnRun(run) && { trust: true }) };
  const { config: own, baseDir } = recordedConfig(plain, plugins, word);
  const { seed, model, data, train, eval: evaluation } = own;
  const { observe, runs } = loaded.config;
  // The present config's paths start from its own folder, those of the data from the run's.
  const here = (path: string) => resolve(loaded.baseDir, path);
  const paths = observe.paths.map((one) => (typeof one === "string" ? here(one) : { ...one, path: here(one.path) }));
  const placed = { runs: here(runs), observe: { ...observe, paths } };
  const config = deepFreeze({ ...loaded.config, ...placed, seed, model, data, train, eval: evaluation });
  const sources = {
    ...run.sources,
    ...kept(loaded.sources, ["observe", "analyzers", "sinks", "engine", "runs", "name"]),
  };
  const merged = { ...loaded, config, sources, baseDir };
  const chosen = await choosePlugins(merged, plugins);
  const open = await openRun({ loaded: merged, chosen, phase, recorded: recordedData(run), acceptChangedCorpus });
  return { open, tokensPerStep: run.tokensPerStep };
}

/** Entries of these keys and below. */
function kept(sources: LoadedConfig["sources"], keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(sources).filter(([path]) => keys.includes(path.split(/[.[]/, 1)[0]!)));
}
