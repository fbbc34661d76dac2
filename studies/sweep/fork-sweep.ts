/** Forks as a sweep: any executor makes them, several at a time, and what was killed goes on. */
import path from "node:path";
import { withoutSecrets } from "../../core/config/secrets.ts";
import { packageVersion } from "../../core/modules/version.ts";
import type { RunRequest } from "../../core/run/request.ts";
import type { NamedSweep } from "./executor.ts";
import { identityOf } from "./identity.ts";
import type { FoundPlan } from "./plan.ts";
import { folderOf, type Snapshot, snapshotAs, snapshotFile } from "./snapshot.ts";

/** How the forks of a study are called together, and what they are read with. */
export interface ForkSweep {
  /** Default: that of the run and step that the first is a fork of. */
  readonly name?: string;
  /** Folder of the run directories, absolute: forks go there; default: what the config says. */
  readonly root?: string;
  /** The config where the user is, absolute: secrets are read from it. */
  readonly config?: string | undefined;
  /** A plan whose executors may be named. */
  readonly found?: FoundPlan | undefined;
}

/** The sweep of some forks, one at least, in their order: those that are there under the same name have been made already. */
export function forkSweep(requests: readonly RunRequest[], { config, found, ...chosen }: ForkSweep): NamedSweep {
  const [{ loaded: first, fork: origin }] = requests as [RunRequest, ...RunRequest[]];
  const { name = `${origin!.of.run}-fork-${origin!.of.step}` } = chosen;
  const { root = path.resolve(first.baseDir, first.config.runs) } = chosen;
  const folder = folderOf(root, name);
  const from = (file: string) => path.relative(folder, file);
  const runs = requests.map((request) => {
    const { loaded, fork, acceptChangedCorpus = false } = request;
    const { of, checkpoint } = fork!;
    const settings = { run: of.run, step: of.step, arm: of.arm, "data.order": loaded.config.data.order };
    const parent = from(path.dirname(path.dirname(checkpoint)));
    const own = {
      of,
      parent,
      baseDir: from(loaded.baseDir),
      config: withoutSecrets(loaded.config),
      acceptChangedCorpus,
    };
    return { id: forkId(request), settings, fork: { ...own, sources: { ...loaded.sources } } };
  });
  const values = (key: keyof (typeof runs)[number]["settings"]) => new Set(runs.map(({ settings }) => settings[key]));
  const keys = (["run", "step", "arm", "data.order"] as const).filter((key) => values(key).size > 1);
  const snapshot: Snapshot = {
    format: 1,
    name,
    baseDir: "",
    ...(config !== undefined && { config: from(config) }),
    values: {},
    sources: {},
    keys,
    runs,
    notes: [...new Set(requests.flatMap(({ notes = [] }) => notes))],
  };
  return { found, ...snapshotAs(snapshot, snapshotFile(folder, [packageVersion, name, runs])) };
}

/** A fork is its origin, its arm and its config; the checkpoints that it keeps are what studies look at. */
export function forkId({ loaded: { config }, fork }: RunRequest): string {
  const { run, step, arm } = fork!.of;
  return identityOf(`${run}-fork-${step}`, config, [arm, config.checkpoint.at]);
}
