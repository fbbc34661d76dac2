/** What README.md and docs/engine.md say about speed, made from docs/speed.json, which `npm run bench -- --write` keeps. */
import type { Clock } from "./measure.ts";

/** A comparison of steps. */
export interface PublishedRow {
  readonly id: string;
  /** The peer's time over ours. */
  readonly ratio: number;
  /** Medians, ms a step. */
  readonly ours: number;
  readonly theirs: number;
  /** What the peer calls itself. */
  readonly peer: string;
}

/** What one machine measured in one way. */
export interface PublishedSession {
  readonly cpu: string;
  readonly threads: number;
  readonly clock: Clock;
  readonly rounds: number;
  readonly rows: readonly PublishedRow[];
}

/** Rows that are published, in the order of the table, and how they are called there. */
export const publishedRows: Readonly<Record<string, string>> = {
  "pytorch-mid": "6 layers, d_model 256, d_mlp 4096, as initialised: all units fire",
  "pytorch-mid-200": "the same, as many units firing as at step 200",
  "pytorch-mid-1000": "the same, as many units firing as at step 1000",
  "pytorch-small": "4 layers, d_model 128, d_mlp 1024, as initialised",
};

/** The sessions with a new one, which takes the place of one of the same machine, threads and clock. */
export function withSession(sessions: readonly PublishedSession[], added: PublishedSession): PublishedSession[] {
  const same = (one: PublishedSession) =>
    one.cpu === added.cpu && one.threads === added.threads && one.clock === added.clock;
  return [...sessions.filter((one) => !same(one)), added];
}

const times = (ratio: number) => `${ratio.toFixed(2)}x`;

function wayOf({ cpu, threads, clock, rounds }: PublishedSession): string {
  const took = clock === "cpu" ? "CPU time of the process" : "wall time";
  return `${cpu}, ${threads} ${threads === 1 ? "thread" : "threads"}, ${took}, medians of ${rounds} alternating steps`;
}

/** README's paragraph. */
export function paragraph(sessions: readonly PublishedSession[]): string {
  const said = sessions.map((session) => {
    const parts = session.rows.map(({ id, ratio }) => `${times(ratio)} (${publishedRows[id]})`);
    return `- Against ${session.rows[0]?.peer}, eager, float32, 1 024 tokens a step; ${wayOf(session)}: ${parts.join("; ")}.`;
  });
  return ["Speed of a training step on the CPU over PyTorch's (more than 1x: faster):\n", ...said].join("\n");
}

/** docs/engine.md's tables. */
export function tables(sessions: readonly PublishedSession[]): string {
  const shown = sessions.map((session) =>
    [
      `${wayOf(session)}:\n`,
      `| model | ours | ${session.rows[0]?.peer} | times as fast |`,
      "| --- | --- | --- | --- |",
      ...session.rows.map(
        ({ id, ratio, ours, theirs }) =>
          `| ${publishedRows[id]} | ${ours.toFixed(1)} ms | ${theirs.toFixed(1)} ms | ${ratio.toFixed(2)} |`,
      ),
    ].join("\n"),
  );
  return shown.join("\n\n");
}

const begin = "<!-- speed: written by npm run bench -- --write -->\n";
const end = "\n<!-- /speed -->";

/** A text with what stands between its marks replaced. */
export function withBlock(text: string, block: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`no block between ${begin.trim()} and ${end.trim()}`);
  return `${text.slice(0, from + begin.length)}${block}${text.slice(to)}`;
}
