/** From a plan to its runs: every combination, checked, each under a name that its config decides. */
import { formatKeyPath } from "../../core/config/key-path.ts";
import type { ConfigBase } from "../../core/config/load.ts";
import { valueAt } from "../../core/config/problems.ts";
import type { Config } from "../../core/config/schema.ts";
import { ExperimentError, severalProblems, tooManyRuns } from "../../core/errors/errors.ts";
import type { RunFile } from "../../core/record/format.ts";
import { type Axis, axesOf, valuesOf } from "./axis.ts";
import { identityOf } from "./identity.ts";
import type { Plan } from "./plan.ts";
import { labelOf, layersOf, type Settings, segmentsOf, settingsOf } from "./settings.ts";

/** A run as the plan has it. */
export interface PlannedRun {
  /** Its place in the plan, from 0. */
  readonly index: number;
  /** Name of its directory: the sweep's name and a hash of the config. */
  readonly id: string;
  /** What it changes in the base config. */
  readonly settings: Settings;
  /** What it begins with, where it does not begin from nothing. */
  readonly fork?: ForkOrigin;
}

/** The checkpoint that a planned fork begins with. */
export interface ForkOrigin {
  readonly of: NonNullable<RunFile["fork"]>;
  /** Directory of the run that is forked, absolute. */
  readonly parent: string;
  readonly acceptChangedCorpus: boolean;
}

/** A plan with all of its runs. */
export interface Sweep {
  readonly name: string;
  readonly runs: readonly PlannedRun[];
  /** Keys in which the runs differ, in the plan's order. */
  readonly keys: readonly string[];
  /** What a reader of the plan may not expect: exclusions that excluded nothing, runs that are the same. */
  readonly notes: readonly string[];
}

/** More runs than this are refused here, and the command line asks before it starts a hundredth of it. */
const most = 1_000_000;

/** Makes the runs of a plan over a base config. Throws `config.invalid` with what is wrong in any run, each fault once. */
export function sweepOf(base: ConfigBase, plan: Plan, name: string, where: string): Sweep {
  const axes = axesOf(plan, where);
  const count = axes.reduce((product, axis) => product * axis.length, 1);
  if (count > most) throw tooManyRuns(where, count, most);
  const fixed = settingsOf(plan.set, `${where}: set`);
  const excluded = exclusions(plan, where);
  const problems = new Map<string, ExperimentError>();
  const found = new Map<string, Settings>();
  const same: [Settings, Settings][] = [];

  for (const settings of product(axes)) {
    let config: Config;
    try {
      config = base.config([...layersOf(fixed, where), ...layersOf(settings, where)]);
    } catch (thrown) {
      if (!(thrown instanceof ExperimentError)) throw thrown;
      if (problems.size < 20) problems.set(thrown.message, thrown);
      continue;
    }
    if (excluded.some((exclusion) => exclusion.covers(settings, config))) continue;
    const id = identityOf(name, config);
    const twin = found.get(id);
    if (twin === undefined) found.set(id, settings);
    else same.push([twin, settings]);
  }
  if (problems.size > 0) throw severalProblems([...problems.values()]);

  const keys = [...new Set(axes.flatMap((axis) => axis.flatMap(Object.keys)))];
  const runs = [...found].map(([id, settings], index) => ({ index, id, settings: { ...fixed, ...settings } }));
  return { name, runs, keys, notes: [...idle(excluded), ...twins(same, keys)] };
}

/** Every combination, the last axis changing fastest. */
function* product(axes: readonly Axis[], from = 0): Generator<Settings> {
  const axis = axes[from];
  if (axis === undefined) yield {};
  else for (const settings of axis) for (const rest of product(axes, from + 1)) yield { ...settings, ...rest };
}

interface Exclusion {
  readonly text: string;
  used: boolean;
  covers(settings: Settings, config: Config): boolean;
}

function exclusions(plan: Plan, where: string): Exclusion[] {
  return plan.exclude.map((entry, i) => {
    const place = `${where}: exclude[${i}]`;
    const wanted = Object.entries(entry).map(([key, value]) => {
      const path = segmentsOf(key, place);
      return { path, values: new Set(valuesOf(value, `${place}: ${key}`).map((one) => JSON.stringify(one))) };
    });
    return {
      text: `exclude[${i}]`,
      used: false as boolean,
      covers(settings, config) {
        const covered = wanted.every(({ path, values }) => {
          const set = settings[formatKeyPath(path)];
          return (
            values.has(JSON.stringify(valueAt(config, path))) || (set !== undefined && values.has(JSON.stringify(set)))
          );
        });
        if (covered) this.used = true;
        return covered;
      },
    };
  });
}

function idle(excluded: readonly Exclusion[]): string[] {
  return excluded.filter(({ used }) => !used).map(({ text }) => `${text} leaves out no run.`);
}

function twins(same: readonly (readonly [Settings, Settings])[], keys: readonly string[]): string[] {
  const [first] = same;
  if (first === undefined) return [];
  const [a, b] = first.map((settings) => labelOf(settings, keys));
  const what = a === b ? `${a} comes twice` : `${a} and ${b} differ in nothing that a run depends on`;
  return [
    `${same.length} of the plan's combinations ${same.length === 1 ? "is" : "are"} left out as another's equal: ${what}.`,
  ];
}
