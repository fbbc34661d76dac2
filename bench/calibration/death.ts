/**
 * Writes into docs/death.md how often `experiment death` recognises the truth of simulated worlds, and claims what is false.
 * Usage: npm run -s calibrate:death -- [data sets, default 200]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRandom } from "../../core/arrays/random.ts";
import { mean } from "../../statistics/moments.ts";
import { overlapOfPoints } from "../../studies/death/replays.ts";
import { explanations, weigh } from "../../studies/death/weigh.ts";
import { documented, evidenceOf, truths, worlds } from "./death-worlds.ts";

const sets = Number(process.argv[2] ?? 200);
const percent = (count: number) => `${((100 * count) / sets).toFixed(1)} %`;
const rows = Object.entries(worlds).map(([name, world]) => {
  const random = createRandom(7, name);
  const found = Array.from({ length: sets }, () => {
    const evidence = evidenceOf({ ...documented, ...world }, random);
    return { verdicts: weigh(evidence), lift: overlapOfPoints(evidence, evidence.steps).lift };
  });
  const truth = truths[name as keyof typeof truths];
  const claimsFalse = found.filter(({ verdicts }) => verdicts.some((one) => truth.isFalse(one))).length;
  const shares = explanations.map((_, k) => {
    const known = found.map(({ verdicts }) => verdicts[k]!.share.value).filter(Number.isFinite);
    const counted = (verdict: string) =>
      percent(found.filter(({ verdicts }) => verdicts[k]!.verdict === verdict).length);
    return `${known.length === 0 ? "-" : mean(known).toFixed(2)}: ${counted("supported")} / ${counted("contradicted")}`;
  });
  const lift = mean(found.map((one) => one.lift).filter(Number.isFinite));
  process.stderr.write(`${name} done\n`);
  return `| ${truth.words} | ${shares.join(" | ")} | ${percent(claimsFalse)} | ${lift.toFixed(2)} |`;
});
const { points, orders, layers, units } = documented;
const page = [
  `${sets} data sets of each world, of the size that \`--forks\` makes of one run: ${points} checkpoints, ${orders} data orders, ${layers} layers of ${units} units. Each cell: mean share, then`,
  "how often supported / contradicted. False: any of the three verdicts claims what is not so. In all worlds units differ in how much",
  "they move, the units of a layer move in common as well, silent units stop, and some updates are outliers.",
  "",
  `| world | ${explanations.join(" | ")} | false | overlap |`,
  "| --- | --- | --- | --- | --- | --- |",
  ...rows,
];
const file = new URL("../../docs/death.md", import.meta.url);
const text = readFileSync(file, "utf8");
const [begin, end] = ["written by bench/calibration/death.ts -->", "<!-- end -->"];
const from = text.indexOf(begin) + begin.length;
writeFileSync(file, `${text.slice(0, from)}\n${page.join("\n")}\n${text.slice(text.indexOf(end))}`);
