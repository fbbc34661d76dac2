/** What the config's own schema cannot say of a sweep's runs: whether their plugins are there and take the options. */
import { ExperimentError, severalProblems } from "../../core/errors/errors.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { choosePlugins } from "../../core/host/resolve.ts";
import type { OpenSweep } from "./snapshot.ts";

/** Looks at each distinct choice of plugins once. Throws everything that is wrong, each fault once. */
export async function checkPlugins(sweep: OpenSweep, table: PluginTable): Promise<void> {
  const seen = new Set<string>();
  const problems = new Map<string, ExperimentError>();
  const plain = new Set(sweep.keys.filter((key) => /^(seed|model\.(n_|d_)\w+|train\.\w+|eval\.\w+)$/.test(key)));
  for (const { index, settings } of sweep.runs) {
    const choice = JSON.stringify(Object.entries(settings).filter(([key]) => !plain.has(key)));
    if (seen.has(choice)) continue;
    seen.add(choice);
    try {
      await choosePlugins(await sweep.load(index), table);
    } catch (thrown) {
      if (!(thrown instanceof ExperimentError)) throw thrown;
      problems.set(thrown.message, thrown);
    }
  }
  if (problems.size > 0) throw severalProblems([...problems.values()]);
}
