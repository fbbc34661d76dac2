/**
 * Writes docs/calibration.md: how often the intervals that are printed hold the truth, and how often verdicts are wrong.
 * Usage: npm run -s calibrate -- RUN_DIRECTORY [data sets, default 1000]; 4000 take 3 to 6 minutes of a busy core.
 */
import { writeFileSync } from "node:fs";
import { readRun } from "../../core/record/runs.ts";
import { populationOf } from "./population.ts";
import { simulatedRows, slopeRows } from "./simulations.ts";
import { contrastRows, documentRows, gatheredRows, halvesRows, type Row } from "./tables.ts";

const dir = process.argv[2] ?? "";
const sets = Number(process.argv[3] ?? 1000);
const began = performance.now();
/** Says on stderr, once it is there, what took until now. */
const done = <T>(what: string, found: T): T => {
  console.error(`calibrate: ${what}: done after ${Math.round((performance.now() - began) / 1000)} s`);
  return found;
};
const from = done("population", await populationOf(dir, 6000));
const { model } = readRun(dir).run;
const last = from.layers.length - 1;
const middle = Math.floor(last / 2);
const few = Math.ceil(sets / 5);

const intervals = [
  ...done("rows", gatheredRows(from, sets)),
  ...done("contrast of the outer layers", contrastRows(from, 0, last, few)),
  ...done("contrast of two layers", contrastRows(from, middle, last, few)),
  ...done("documents", documentRows(from, sets)),
  ...done("slopes", slopeRows(sets)),
];
const alarms = [
  ...done("halves of a middle layer", halvesRows(from, middle, few)),
  ...done("halves of the last layer", halvesRows(from, last, few)),
  ...done("simulations", simulatedRows(few)),
];
const lines = (rows: readonly Row[], head: string) => [
  `| | data sets | ${head} |`,
  "| --- | --- | --- |",
  ...rows.map(({ what, sets: n, share }) => `| ${what} | ${n} | ${(100 * share).toFixed(1)} % |`),
];
/** What is told apart from 95 % by more than chance in so many data sets, in words. */
const off = intervals.filter(({ sets: n, share }) => Math.abs(share - 0.95) > 3 * Math.sqrt((0.95 * 0.05) / n));
const shown = ({ what, share }: Row) => `${what} (${(100 * share).toFixed(1)} %)`;
const below = off.filter(({ share }) => share < 0.95).map(shown);
const above = off.filter(({ share }) => share > 0.95).sort((a, b) => b.share - a.share);
const page = [
  "<!-- Written by bench/calibration/main.ts. -->",
  "# Do the intervals hold, and the verdicts?",
  "",
  `Population: ${from.windows} windows of ${from.pos} tokens of the training text (${new Set(from.documents).size} documents), spread evenly, under a`,
  `network of ${model.n_layers} layers and ${model.d_mlp} units after ${from.step} steps (${new Date().toISOString().slice(0, 10)}). Data sets are drawn from it with replacement: 20 batches of 16`,
  "windows for what rows report, units as well for contrasts, 12 documents for what is measured on held-out text. The truth is that of",
  "the whole population. Where no interval is given (a saturated layer) there is none to count, and no line where hardly any is.",
  "",
  "## 95 % intervals: how many hold the truth",
  "",
  ...lines(intervals, "hold the truth"),
  "",
  `Further from 95 % than three standard errors of the count. Too low: ${below.join("; ") || "none"}.`,
  `Too high, which is cautious: ${above.length} of ${intervals.length}${above[0] ? `, the furthest ${shown(above[0])}` : ""}.`,
  "",
  "The number that limits the degrees of freedom of `paper` where few documents use far more units than the others was set on such a",
  "population, of the same text; on the 400 windows that the tests have, of another network, 94.6 to 96.2 % of 500 intervals hold the truth.",
  "",
  "## False alarms, where nothing is to be found",
  "",
  "Nominal 5 % each; a verdict of inversion needs two certain signs and so has less.",
  "",
  ...lines(alarms, "alarms"),
  "",
];
writeFileSync(new URL("../../docs/calibration.md", import.meta.url), page.join("\n"));
