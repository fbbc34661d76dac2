/** Forks that a design takes: which are there, and which are to be made, or gone on with. */
import { join } from "node:path";
import { listCheckpoints } from "../../core/checkpoint/folder.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { type FoundRun, listRuns } from "../../core/record/runs.ts";
import type { RunRequest } from "../../core/run/request.ts";
import type { Word } from "../../core/run/trust.ts";
import { forkRequests } from "../fork.ts";
import { forkId } from "../sweep/fork-sweep.ts";
import type { DeathOptions, Design } from "./design.ts";

/** One fork of a design. */
export interface WantedFork {
  readonly run: string;
  readonly step: number;
  readonly arm: string;
  readonly order: number;
  /** Its directory, once it is whole. */
  readonly dir?: string;
  /** What makes it, where it is not whole. */
  readonly request?: RunRequest;
  /** Steps that it has still to train. */
  readonly left: number;
}

/** Every fork of the designs, plain ones first and data order by data order, so that what is done early is of all runs and checkpoints. */
export async function forksOf(
  designs: readonly Design[],
  options: DeathOptions,
  plugins: PluginTable,
  word: Word = {},
): Promise<WantedFork[]> {
  const there = listRuns(options.root).runs.filter(({ run }) => run.fork !== undefined);
  const wanted: WantedFork[] = [];
  for (const { dir, steps, arms } of designs) {
    for (const at of steps) {
      const asked = {
        root: options.root,
        ref: dir,
        at,
        orders: options.orders,
        steps: Math.max(...options.horizons),
        acceptChangedCorpus: options.acceptChangedCorpus === true,
        bare: true,
        word,
      };
      const plain = await forkRequests({ ...asked, counterfactuals: [], keepAt: options.horizons }, plugins);
      const treated = await forkRequests({ ...asked, counterfactuals: arms }, plugins);
      const all = [...plain, ...treated.filter(({ fork }) => fork!.of.arm !== "plain")];
      for (const request of all) wanted.push(matched(request, there, options));
    }
  }
  const rank = ({ arm }: WantedFork) => (arm === "plain" ? 0 : 1);
  return wanted.sort((a, b) => rank(a) - rank(b) || a.order - b.order);
}

/** The fork that a request would make, if it is there: begun as it would be, with every checkpoint that is looked at. */
function matched(request: RunRequest, there: readonly FoundRun[], { root, horizons }: DeathOptions): WantedFork {
  const { run, step, arm = "plain" } = request.fork!.of;
  const { config } = request.loaded;
  const fork = { run, step, arm, order: config.data.order };
  const longest = Math.max(...horizons);
  const looks = arm === "plain" ? horizons : [longest];
  const whole = there.find((one) => {
    if (!isTwin(one, request)) return false;
    const steps = new Set(listCheckpoints(one.dir).map((found) => found.step));
    return looks.every((after) => steps.has(step + after));
  });
  if (whole !== undefined) return { ...fork, dir: whole.dir, left: 0 };
  const newest = listCheckpoints(join(root, forkId(request)))[0]?.step ?? step;
  return { ...fork, request, left: step + longest - newest };
}

/** Whether a fork is of the same checkpoint, arm and order, with the same settings of training but for where it ends. */
function isTwin({ run }: FoundRun, request: RunRequest): boolean {
  const own = request.fork!.of;
  const { config } = request.loaded;
  const recorded = run.config as { train?: Record<string, unknown>; data?: { order?: unknown } };
  const settings = ({ until: _, ...train }: Record<string, unknown>) => JSON.stringify(Object.entries(train).sort());
  return (
    run.fork?.run === own.run &&
    run.fork.step === own.step &&
    (run.fork.arm ?? "plain") === own.arm &&
    recorded.data?.order === config.data.order &&
    settings(recorded.train ?? {}) === settings(config.train)
  );
}
