/** How often intervals hold the truth, and how often verdicts are wrong, on resampled windows. */
import { createRandom, type Random } from "../../core/arrays/random.ts";
import { summariseWindows } from "../../core/step/evaluation.ts";
import { unionUse } from "../../plugins/analyzers/batch-union-sparsity/union-use.ts";
import { createContrastCourse } from "../../plugins/analyzers/layer-contrast/contrast-course.ts";
import { deltaNames, effectsOf } from "../../plugins/analyzers/layer-contrast/effects.ts";
import { crossLevel, pool } from "../../plugins/analyzers/layer-contrast/inversion.ts";
import { tokenUse } from "../../plugins/analyzers/token-sparsity/token-use.ts";
import { gatheredAnalyses, meanOverTime } from "../../statistics/gathered.ts";
import { type Estimate, interval } from "../../statistics/jackknife.ts";
import { mean } from "../../statistics/moments.ts";
import type { DocumentCounts } from "../../studies/paper/counts.ts";
import { useNames, usesOf } from "../../studies/paper/uses.ts";
import { batchOf, lots, type Population } from "./population.ts";

/** One row: what, in how many data sets, the share of them, and what it should be. */
export interface Row {
  readonly what: string;
  readonly sets: number;
  readonly share: number;
}

/** Sequences of a training batch, and documents that are held out. */
const [batch, heldOut] = [16, 12];

/** Data sets that must have an interval for their share to be worth a line. */
const fewestSets = 20;

const covered = (found: readonly Pick<Estimate, "low" | "high">[], truth: number) => {
  const given = found.filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high));
  return {
    sets: given.length,
    share: given.filter(({ low, high }) => low <= truth && truth <= high).length / given.length,
  };
};

/** Coverage of what analyzers print in rows, layer by layer. */
export function gatheredRows(from: Population, sets: number): Row[] {
  const random = createRandom(1, "gathered");
  return from.layers.flatMap((_, layer) => {
    const batches = Array.from({ length: 2000 }, () => batchOf(from, layer, lots(random, batch, from.windows)));
    const statistics = {
      use_token: batches.map((one) => tokenUse(one).use_token),
      cluster_index: batches.map((one) => Math.log(unionUse(one).cluster_index)),
    };
    return Object.entries(statistics).map(([name, values]): Row => {
      const found = Array.from({ length: sets }, () =>
        meanOverTime(lots(random, gatheredAnalyses, values.length).map((k) => values[k]!)),
      );
      return { what: `\`${name}\`, layer ${layer}`, ...covered(found, mean(values)) };
    });
  });
}

/** Coverage of contrasts between two layers: units and windows drawn anew for each data set. */
export function contrastRows(from: Population, first: number, last: number, sets: number): Row[] {
  const random = createRandom(2, `contrast ${first} ${last}`);
  const some = 128;
  const course = (a: readonly number[] | undefined, b: readonly number[] | undefined) => {
    const found = createContrastCourse();
    for (let k = 0; k < gatheredAnalyses; k++) {
      const chosen = lots(random, batch, from.windows);
      found.add(effectsOf(batchOf(from, first, chosen, a), batchOf(from, last, chosen, b)));
    }
    return found.means()!;
  };
  const whole = Array.from({ length: 10 }, () => course(undefined, undefined));
  const found = Array.from({ length: sets }, () =>
    course(lots(random, some, from.units), lots(random, some, from.units)),
  );
  return deltaNames.flatMap((name): Row[] => {
    // Unions are compared where neither layer is saturated: data sets that differ in that have another truth.
    const size = whole[0]!.unionSize;
    const alike = name === "use_batch" ? found.filter((one) => one.unionSize === size) : found;
    const truth = mean(whole.map(({ deltas }) => deltas[name].value));
    const estimates = alike.map(({ deltas }) => deltas[name]);
    const row = covered(estimates, truth);
    return row.sets === 0 ? [] : [{ what: `\`delta_mean_${name}\`, layers ${first} and ${last}`, ...row }];
  });
}

/** False alarms: two random halves of one layer. */
export function halvesRows(from: Population, layer: number, sets: number): Row[] {
  const random = createRandom(3, `halves ${layer}`);
  let [certain, verdicts, given] = [0, 0, 0];
  for (let round = 0; round < sets; round++) {
    const order = shuffled(random, from.units);
    const half = Math.floor(from.units / 2);
    const course = createContrastCourse();
    for (let k = 0; k < gatheredAnalyses; k++) {
      const chosen = lots(random, batch, from.windows);
      course.add(
        effectsOf(batchOf(from, layer, chosen, order.slice(0, half)), batchOf(from, layer, chosen, order.slice(half))),
      );
    }
    const found = course.means()!;
    const { deltas } = found;
    for (const name of deltaNames) {
      if (!Number.isFinite(deltas[name].low)) continue;
      given++;
      if (deltas[name].low > 0 || deltas[name].high < 0) certain++;
    }
    if ([crossLevel, pool].some((judge) => ["inverted", "reversed"].includes(judge(found, true)))) verdicts++;
  }
  return [
    { what: `halves of layer ${layer} differ for certain, any one statistic`, sets: given, share: certain / given },
    { what: `halves of layer ${layer} are inverted or reversed`, sets, share: verdicts / sets },
  ];
}

/** Coverage of what is measured on held-out documents, documents drawn anew for each data set. */
export function documentRows(from: Population, sets: number): Row[] {
  const random = createRandom(4, "documents");
  const names = [...new Set(from.documents)];
  const windowsOf = new Map(names.map((name) => [name, [] as number[]]));
  for (const [window, name] of from.documents.entries()) windowsOf.get(name)!.push(window);
  const draws = Array.from({ length: sets }, () => lots(random, heldOut, names.length).map((k) => names[k]!));
  const losses = draws.map((drawn) => {
    const windows = drawn.flatMap((name, k) => windowsOf.get(name)!.map((window) => [window, k] as const));
    const { loss, standardError } = summariseWindows(
      windows.map(([window]) => from.losses[window]!),
      windows.map(([, k]) => k),
    );
    return interval(loss, standardError, heldOut - 1);
  });
  const rows: Row[] = [{ what: "held-out loss, t of its error over documents", ...covered(losses, mean(from.losses)) }];
  from.layers.forEach((counts, layer) => {
    const of = new Map(names.map((name) => [name, documentCounts(counts, windowsOf.get(name)!, from.units)]));
    const uses = (documents: readonly DocumentCounts[]) => {
      const windows = documents.reduce((sum, one) => sum + one.windows, 0);
      return usesOf(
        { documents, samples: [new Uint8Array(), new Uint8Array()] },
        { windows, batch, pos: from.pos, layers: [] },
      );
    };
    const truth = uses([...of.values()]);
    const found = draws.map((drawn) => uses(drawn.map((name) => of.get(name)!)));
    for (const name of useNames.slice(0, 6)) {
      const row = covered(found.map((one) => one[name]), truth[name].value); // biome-ignore format: one line
      if (row.sets >= fewestSets) rows.push({ what: `paper, ${name.replaceAll("_", " ")}, layer ${layer}`, ...row });
    }
  });
  return rows;
}

function documentCounts(counts: Uint16Array, windows: readonly number[], units: number): DocumentCounts {
  const [firings, holders] = [new Uint32Array(units), new Uint32Array(units)];
  for (const window of windows) {
    for (let i = 0; i < units; i++) {
      const count = counts[window * units + i]!;
      firings[i]! += count;
      if (count > 0) holders[i]!++;
    }
  }
  return { windows: windows.length, firings, holders, rank50: 0, top50: 0 };
}

function shuffled(random: Random, length: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
