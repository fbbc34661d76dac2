/** What a run has on record of deaths by itself: when they came, beside which spikes, and whether random walks would have brought them. */
import type { RunFile } from "../../core/record/format.ts";
import { readEvents, readRows } from "../../core/record/reader.ts";
import { readRun } from "../../core/record/runs.ts";
import { createEventLog } from "../../statistics/event-study.ts";
import type { WithinRun } from "./evidence.ts";

/** Steps from a spike on that count as after it, as neuron-death has it. */
const reach = 10;

/** Reads rows and events; a run that neuron-death did not watch has nothing, and `note` says so, or why there are no deaths. */
export async function withinRun(
  dir: string,
): Promise<WithinRun & { readonly byLayer: readonly number[]; readonly note?: string }> {
  const { run } = readRun(dir);
  const { events } = await readEvents(dir);
  const log = createEventLog(reach);
  const spikes = new Set<number>();
  const byLayer = new Array<number>(run.model.n_layers).fill(0);
  let deaths = 0;
  for (const { kind, data } of events) {
    if (kind === "spike" && isStep(data.spike_step, run.steps)) spikes.add(data.spike_step);
    if (kind !== "death" || !isStep(data.last_step, run.steps)) continue;
    log.event(data.last_step);
    deaths++;
    if (typeof data.layer === "number" && data.layer in byLayer) byLayer[data.layer]!++;
  }
  for (const step of spikes) log.spike(step);
  const { rows } = await readRows(dir);
  const directedness = rows.flatMap(({ metrics }) =>
    byLayer.flatMap((_, layer) => metrics[`neuron_death/directedness/layer_${layer}`] ?? []),
  );
  const note = noteOf(run, deaths);
  return {
    ...{ run: run.id, deaths, spikes: log.result(), directedness: directedness.filter(Number.isFinite), byLayer },
    ...(note !== undefined && { note }),
  };
}

function noteOf({ id, config }: RunFile, deaths: number): string | undefined {
  const { analyzers } = config as { analyzers?: Readonly<Record<string, unknown>> };
  if (!Object.hasOwn(analyzers ?? {}, "neuron-death"))
    return `run ${id}: neuron-death did not watch it, so its own deaths are not known.`;
  return deaths === 0
    ? `run ${id}: neuron-death called no death, as no unit was silent past its layer's horizon (a layer may have none yet); forks call silence alone.`
    : undefined;
}

function isStep(value: unknown, last: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= last;
}
