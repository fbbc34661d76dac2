/** The status of a sweep for people. */

import { duration } from "../../core/run/step-line.ts";
import type { Elsewhere } from "../../studies/sweep/executor.ts";
import { sweepStates } from "../../studies/sweep/states.ts";
import type { ShownRun, SweepStatus } from "../../studies/sweep/status.ts";
import { bar } from "../status-line.ts";
import { bold, sanitise, table } from "../terminal.ts";

/** Most runs of a kind that are named one by one. */
const most = 20;

/** How the user named plan and executor, for the hints, and who has runs elsewhere. */
interface Named {
  readonly plan: string | undefined;
  readonly on?: string | undefined;
  readonly elsewhere?: Elsewhere | undefined;
}

export function statusText(status: SweepStatus, { plan, on, elsewhere }: Named): string {
  const { sweep, runs, counts, running, troubled, etaMs, notes } = status;
  const parts = sweepStates.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${state}`);
  const eta = etaMs === undefined ? "" : `, about ${duration(etaMs)} left`;
  const lines = [
    `${bold(sanitise(sweep))}: ${runs} runs: ${parts.join(", ")}${eta}`,
    `${bar(counts.finished, runs, 40)} ${counts.finished}/${runs}`,
  ];
  if (running.length > 0) lines.push(listed(running, ({ step = 0, steps }) => `${step}/${steps ?? "?"}`));
  if (troubled.length > 0)
    lines.push(
      listed(troubled, ({ step, steps, reason }) =>
        [step === undefined ? "" : `at ${step}/${steps}`, sanitise(reason ?? "", 100)].filter(Boolean).join(": "),
      ),
    );
  if (elsewhere?.queue !== undefined)
    lines.push(`${elsewhere.name}: ${elsewhere.queue.waiting} waiting, ${elsewhere.queue.running} running`);
  lines.push(...notes.map((note) => `note: ${sanitise(note, 400)}`));
  const named = plan === undefined ? "" : ` ${sanitise(plan)}`;
  const unsent = troubled.filter(({ state }) => state === "finished").map(({ id }) => id);
  if (unsent.length > 0)
    lines.push(
      `send their rows: experiment sync ${unsent
        .slice(0, most)
        .map((id) => sanitise(id))
        .join(" ")}`,
    );
  if (counts.failed + counts.damaged > 0) lines.push(`try them again: experiment sweep retry${named}`);
  else if (counts.finished === runs) lines.push(`results: experiment sweep table${named}`);
  else if (counts.running === 0) {
    const { queue } = elsewhere ?? {};
    const executor = on === undefined ? "" : ` --on ${sanitise(on)}`;
    const queued = queue !== undefined && queue.waiting + queue.running > 0;
    const unknown = elsewhere !== undefined && queue === undefined;
    if (queued || unknown) lines.push(`watch them: experiment sweep status${named}${executor} --watch`);
    if (!queued) {
      const when = unknown ? `go on, once ${sanitise(elsewhere.name)} has none of them left` : "go on";
      lines.push(`${when}: experiment sweep${named}${executor}`);
    }
  }
  return lines.join("\n");
}

function listed(runs: readonly ShownRun[], what: (run: ShownRun) => string): string {
  const rows = runs.slice(0, most).map((run) => [`  ${run.index}`, run.state, sanitise(run.label, 60), what(run)]);
  const more = runs.length > most ? `\n  and ${runs.length - most} more` : "";
  return table(rows) + more;
}
