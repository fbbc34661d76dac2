/** What a storm has come to, as text. */
import type { Wrong } from "./compare.ts";
import type { Life } from "./lives.ts";
import type { Mutation } from "./mutations.ts";
import { isWell, type Schedule } from "./schedules.ts";

/** All that was done. */
interface Storm {
  readonly killer: string;
  readonly lives: readonly Life[];
  readonly files: readonly Mutation[];
  readonly schedules: readonly Schedule[];
}

/** The numbers of a storm, and whether anything must not have been. */
export function summary({ killer, lives, files, schedules }: Storm): {
  readonly text: string;
  readonly failed: boolean;
} {
  const wrong = lives.flatMap((life, number) => life.wrong.map((one) => ({ number, ...one })));
  const deaths = counted(lives.flatMap((life) => life.deaths));
  const count = (what: Wrong["what"]) => wrong.filter((one) => one.what === what).length;
  const kills = lives.reduce((sum, one) => sum + one.kills, 0);
  const parts = [
    `${kills} kills in ${lives.length} lives: ${killer}`,
    `  ${count("lost")} lost, ${count("doubled")} doubled, ${count("untrue")} untrue`,
    ...[...deaths].sort().map(([death, times]) => `  ${death}: ${times}`),
    ...wrong.slice(0, 20).map(({ number, what, where }) => `  life ${number}: ${what}: ${where}`),
    `${files.length} damaged files`,
  ];
  const outcomes = ["without effect", "refused", "said", "unseen"] as const;
  for (const kind of [...new Set(files.map(({ file }) => file))].sort()) {
    const mine = files.filter(({ file }) => file === kind);
    const told = outcomes.map((outcome) => [outcome, mine.filter((one) => one.outcome === outcome).length] as const);
    parts.push(
      `  ${kind}: ${told
        .filter(([, times]) => times > 0)
        .map(([outcome, times]) => `${times} ${outcome}`)
        .join(", ")}`,
    );
  }
  for (const { file, how, wrong: first } of files.filter(({ outcome }) => outcome === "unseen").slice(0, 20)) {
    parts.push(
      `  unseen: ${file}, ${how}: ${first
        .slice(0, 2)
        .map(({ what, where }) => `${what} ${where}`)
        .join(", ")}`,
    );
  }
  const unseen = files.some(({ outcome }) => outcome === "unseen");
  const failed = wrong.length > 0 || unseen || !schedules.every(isWell);
  return { text: [...parts, ...toldOf(schedules)].join("\n"), failed };
}

function toldOf(schedules: readonly Schedule[]): string[] {
  const sum = (of: (one: Schedule) => number) => schedules.reduce((total, one) => total + of(one), 0);
  const forgetting = schedules.filter((one) => one.forgetting).length;
  return [
    `${schedules.length} schedules of a W&B server, ${forgetting} of them forgetting`,
    `  ${sum(({ lost }) => lost.length)} rows lost, ${sum(({ doubled }) => doubled)} doubled, ${sum(({ untrue }) => untrue.length)} untrue`,
    `  ${sum(({ kills }) => kills)} kills, ${sum(({ forgotten }) => forgotten)} lines forgotten, ${sum(({ refused }) => refused)} syncs that said that they could not`,
  ];
}

function counted(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
