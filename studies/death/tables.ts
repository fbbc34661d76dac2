/** A study of death as tables of text, for every format. */
import type { Estimate } from "../../statistics/jackknife.ts";
import type { TextTable } from "../formats.ts";
import type { DeathReport } from "./death.ts";
import type { ArmSummary } from "./summary.ts";

/** Verdicts first, then what they rest on. */
export function deathTables(report: DeathReport): TextTable[] {
  return [verdictTable(report), horizonTable(report), armTable(report), runTable(report)];
}

function verdictTable({ verdicts, forks, missing, notes, command }: DeathReport): TextTable {
  const undecided = verdicts.some(({ verdict }) => verdict === "not decided");
  const more = missing > 0 && undecided ? ` ${missing} of ${forks} forks are missing: \`${command}\` makes them.` : "";
  return {
    id: "verdicts",
    title: "Why do units fall silent?",
    note: `Supported: accounts for more than half of death, for certain; contradicted: for less than half. The three intervals hold together with 95 % (Bonferroni).${more}${notes.map((note) => ` ${note}`).join("")}`,
    head: ["explanation", "verdict", "share", "interval", "because"],
    rows: verdicts.map(({ explanation, verdict, share, because }) => [
      explanation,
      verdict,
      number(share.value),
      rangeText(share),
      because,
    ]),
  };
}

function horizonTable({ summary, tokens }: DeathReport): TextTable {
  return {
    id: "orders",
    title: "Do other data orders take the same units the same way?",
    note: `Plain forks of one checkpoint, which differ in the order of the data alone. Silent: fires at the checkpoint and no longer, in the same ${tokens} training tokens. Repeated: of the way to silence under one order, the part that the same units go under the others; 0 if the order of the data decides, 1 if the state does. Alike: the mean way of all units that began as near to silence, whatever became of them: drift that they share. Overlap: units lost in common, over chance among units that fire as often; in random drift, too, it is above 1, as units that move much or stand near silence are lost under any order.`,
    head: ["steps", "checkpoints", "fell silent", "repeated", "95 %", "alike", "95 %", "overlap", "z"],
    rows: summary.horizons.map(({ steps, points, deaths, repeated, alike, overlap }) => [
      String(steps),
      String(points),
      String(deaths),
      number(repeated.value),
      rangeText(repeated),
      number(alike.value),
      rangeText(alike),
      number(overlap.lift),
      number(overlap.z, 1),
    ]),
  };
}

const meanings: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/^no-outliers$/, "updates whose gradient norm stands out are left out"],
  [/^half-lr$/, "half the learning rate"],
  [/^no-decay$/, "no weight decay"],
  [/^hold-upstream-(\d+)$/, "what layer $1 reads from is held; deaths in layer $1"],
];

function armTable({ summary }: DeathReport): TextTable {
  const meaning = ({ arm, steps, plainSteps, skipped }: ArmSummary) => {
    const found = meanings.find(([pattern]) => pattern.test(arm));
    const text = found === undefined ? arm : arm.replace(found[0], found[1]);
    const doubled = steps === plainSteps ? "" : ", twice as long: directed movement gets as far, a random walk less";
    return `${text}${doubled}${skipped === undefined ? "" : ` (${(100 * skipped).toFixed(2)} % of updates)`}`;
  };
  return {
    id: "arms",
    title: "What does a change do to deaths?",
    note: "Forks with one thing changed over plain ones of the same checkpoint and data order; 1: nothing. Intervals over checkpoints, each for itself.",
    head: ["change", "steps", "plain steps", "fell silent", "plain", "ratio", "95 %", "meaning"],
    rows: summary.arms.map((one) => [
      one.arm,
      String(one.steps),
      String(one.plainSteps),
      String(one.treated),
      String(one.plain),
      number(one.ratio.value),
      rangeText(one.ratio),
      meaning(one),
    ]),
  };
}

function runTable({ summary }: DeathReport): TextTable {
  return {
    id: "runs",
    title: "What do the runs themselves show?",
    note: "Deaths on record within 10 steps after a spike of loss or gradient norm, beside as many as their times alone put there; p of as many or more, and the smallest rate ratio that would have been found in 80 % of cases. Directedness: units that came to silence over those that walks of the same steps with random signs bring there, mean over layers and stretches of 16 looks.",
    head: [
      "run",
      "deaths",
      "spikes",
      "after one",
      "by chance",
      "p",
      "could see from",
      "directedness",
      "95 %",
      "stretches",
    ],
    rows: summary.runs.map(({ run, deaths, spikes, directedness, stretches }) => [
      run,
      String(deaths),
      String(spikes.spikes),
      String(spikes.near),
      number(spikes.expected, 1),
      number(spikes.p, 3),
      number(spikes.detectable),
      number(directedness.value),
      rangeText(directedness),
      String(stretches),
    ]),
  };
}

function number(value: number, digits = 2): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "-";
}

function rangeText({ low, high }: Estimate): string {
  if (Number.isNaN(low)) return Number.isNaN(high) ? "-" : `at most ${high.toFixed(2)}`;
  return `${low.toFixed(2)} to ${high.toFixed(2)}`;
}
