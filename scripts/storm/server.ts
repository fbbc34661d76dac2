/**
 * A storm over the W&B sink: seeded schedules of faults, kills and a server that loses what it took, each run synced until the
 * server is well again. Every other schedule has a server that forgets. Seeds stand alone, so that a storm goes on where it stopped.
 *
 *     npx tsx scripts/storm/server.ts [--schedules 1000] [--from 0]
 *
 * A server that keeps an older row in place of the one that took its place cannot be told by counting: such rows count as lost here.
 *
 * Exits with 1 when a row was lost or doubled, or something was said that did not hold.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { serverSchedule, type Verdict } from "../../test/helpers/server-schedule.ts";

/** What a storm came to. */
export interface ServerTally {
  readonly schedules: number;
  /** Schedules whose server forgot what it took. */
  readonly forgetting: number;
  readonly kills: number;
  readonly forgottenLines: number;
  /** Syncs that said truthfully that they could not. */
  readonly refused: number;
  readonly lost: number;
  readonly doubled: number;
  readonly untrue: number;
}

/** Runs the schedules `from` to `from + schedules - 1`; `tell` hears of each that ends badly. */
export async function serverStorm(
  { schedules, from = 0 }: { readonly schedules: number; readonly from?: number },
  tell: (seed: number, verdict: Verdict) => void = () => {},
): Promise<ServerTally> {
  let tally: ServerTally = {
    ...{ schedules: 0, forgetting: 0, kills: 0, forgottenLines: 0, refused: 0 },
    ...{ lost: 0, doubled: 0, untrue: 0 },
  };
  for (let seed = from; seed < from + schedules; seed++) {
    const dir = mkdtempSync(join(tmpdir(), "storm-"));
    const forgetting = seed % 2 === 1;
    const verdict = await serverSchedule(dir, seed, { forgetting }).finally(() => rmSync(dir, { recursive: true }));
    const { lost, doubled, untrue } = verdict;
    if (lost.length + doubled + untrue.length > 0) tell(seed, verdict);
    tally = {
      schedules: tally.schedules + 1,
      forgetting: tally.forgetting + (forgetting ? 1 : 0),
      kills: tally.kills + verdict.kills,
      forgottenLines: tally.forgottenLines + verdict.forgotten,
      refused: tally.refused + verdict.refused,
      lost: tally.lost + lost.length,
      doubled: tally.doubled + doubled,
      untrue: tally.untrue + untrue.length,
    };
  }
  return tally;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { schedules: { type: "string", default: "1000" }, from: { type: "string", default: "0" } },
  });
  const [schedules, from] = [Number(values.schedules), Number(values.from)];
  if (![schedules, from].every((n) => Number.isSafeInteger(n) && n >= 0)) {
    console.error("--schedules and --from: expected whole numbers from 0 on");
    process.exit(2);
  }
  const tally = await serverStorm({ schedules, from }, (seed, { lost, doubled, untrue }) => {
    console.log(
      `seed ${seed}: lost ${lost.join(" ") || "none"}; doubled ${doubled}; untrue: ${untrue.join("; ") || "nothing"}`,
    );
  });
  for (const [what, count] of Object.entries(tally)) console.log(`${what}: ${count}`);
  process.exitCode = tally.lost + tally.doubled + tally.untrue > 0 ? 1 : 0;
}
