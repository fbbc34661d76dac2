/** Looks at checkpoints and forks: every unit's margin over the same tokens. */
import { listCheckpoints } from "../../core/checkpoint/folder.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { readRun } from "../../core/record/runs.ts";
import type { Word } from "../../core/run/trust.ts";
import { createFiringCounter, type UnitLook } from "../firings.ts";
import { opened } from "../observe/looking.ts";
import { ownSubjects } from "../observe/own.ts";
import { openCheckpoints } from "../observe/stored.ts";
import { stepsAbove } from "../opened-forks.ts";
import type { DeathOptions, Design } from "./design.ts";
import type { ArmLooks, ForkLook, Point } from "./evidence.ts";
import type { WantedFork } from "./forks.ts";

/** Measures all checkpoints of one run of which forks are there; `progress` is told before each look. */
export async function pointsOf(
  { dir, run, steps, arms }: Design,
  forks: readonly WantedFork[],
  { tokens, horizons, acceptChangedCorpus }: DeathOptions,
  plugins: PluginTable,
  word: Word = {},
  progress?: (what: string) => void,
): Promise<{ readonly points: Point[]; readonly tokens: number }> {
  const looking = await openCheckpoints(dir, plugins, { word, acceptChangedCorpus });
  try {
    const { model } = looking.open.plan;
    const counter = await createFiringCounter(looking);
    const sequences = Math.ceil(tokens / model.shape.n_ctx);
    const lookAt = async (from: string, step: number): Promise<UnitLook> => {
      const [subject] = ownSubjects([listCheckpoints(from).find((found) => found.step === step)!], model);
      return opened(subject!, (one) => counter.look(one.parameters(), sequences));
    };
    const longest = Math.max(...horizons);
    const points: Point[] = [];
    for (const step of steps) {
      const own = forks.filter((fork) => fork.run === run && fork.step === step && fork.dir !== undefined);
      if (own.length === 0) continue;
      progress?.(`${run} at step ${step}`);
      const { firings, margins } = await lookAt(dir, step);
      const found: ArmLooks[] = [];
      for (const arm of ["plain", ...arms]) {
        const ofArm = own.filter((fork) => fork.arm === arm);
        for (const after of ofArm.length === 0 ? [] : arm === "plain" ? horizons : [longest]) {
          const looks: ForkLook[] = [];
          for (const fork of ofArm) {
            const look = await lookAt(fork.dir!, step + after);
            looks.push({ order: fork.order, margins: look.margins });
          }
          found.push({ arm, steps: after, forks: looks, ...(await skippedOf(ofArm, after)) });
        }
      }
      points.push({ run, step, firings, margins, arms: found });
    }
    counter.dispose();
    return { points, tokens: counter.tokensIn(sequences) };
  } finally {
    await looking.open.close();
  }
}

/** Share of updates that forks left out, where they leave any out. */
async function skippedOf(forks: readonly WantedFork[], steps: number): Promise<Pick<ArmLooks, "skipped">> {
  let left = 0;
  for (const { dir } of forks) {
    const { train } = readRun(dir!).run.config as { train: { skip_above: number } };
    const above = train.skip_above > 0 ? await stepsAbove(dir!, train.skip_above) : undefined;
    if (above === undefined) return {};
    left += above;
  }
  return { skipped: left / (forks.length * steps) };
}
