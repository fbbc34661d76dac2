/** What a storm has come to, as text. */
import type { Wrong } from "./compare.ts";
import type { Life } from "./lives.ts";
import type { Mutation } from "./mutations.ts";

/** The numbers of a storm, and whether anything must not have been. */
export function summary(
  killer: string,
  lives: readonly Life[],
  files: readonly Mutation[],
): { readonly text: string; readonly failed: boolean } {
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
  return { text: parts.join("\n"), failed: wrong.length > 0 || files.some(isUnseen) };
}

/** Lines of the ledgers carry no sum of their own: a number in one of them that is still a number is taken (docs/reliability.md). */
function isUnseen({ outcome, file }: Mutation): boolean {
  return outcome === "unseen" && !["rows.jsonl", "events.jsonl"].includes(file);
}

function counted(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
