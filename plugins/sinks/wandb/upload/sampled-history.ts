/** Rows as a server shows them, by step and time alone. The question is the one of W&B's own client (wandb: core/internal/runhistoryreader/livedata.go). */
import type { Patience } from "../http/retry.ts";
import { at, type Server, type ServerRun } from "./server.ts";

/** A row that has a time. */
export interface HistoryTime {
  readonly step: number;
  /** Seconds since 1970. */
  readonly time: number;
}

/** Steps asked for at once. */
const page = 1_000;

const sampledHistoryPage = `query SampledHistoryPage($entity: String!, $project: String!, $run: String!, $spec: JSONString!) {
  project(name: $project, entityName: $entity) { run(name: $run) { sampledHistory(specs: [$spec]) } }
}`;

/** Rows with steps of `from` to before `to` that have a time; a step may stand in several. */
export async function readTimes(
  server: Server,
  { entity, project, id }: ServerRun,
  { from, to }: { readonly from: number; readonly to: number },
  patience: Patience,
): Promise<HistoryTime[]> {
  const found: HistoryTime[] = [];
  for (let minStep = from; minStep < to; minStep += page) {
    const maxStep = Math.min(minStep + page, to) - 1; // the server counts it in
    // More rows than `samples` would be thinned; a step may have two.
    const spec = JSON.stringify({ keys: ["_step", "_timestamp"], minStep, maxStep, samples: 4 * page });
    const variables = { entity, project, run: id, spec };
    const read = (data: unknown) => timesIn(data, minStep, maxStep);
    found.push(...(await server.graphql("SampledHistoryPage", sampledHistoryPage, variables, patience, read)));
  }
  return found;
}

/** Throws an Error for an answer that is none. */
function timesIn(data: unknown, minStep: number, maxStep: number): HistoryTime[] {
  const lists = at(data, "project", "run", "sampledHistory");
  if (!Array.isArray(lists) || !lists.every(Array.isArray)) throw new Error("an answer that shows no rows");
  return (lists.flat() as unknown[]).flatMap((row) => {
    const [step, time] = [Number(at(row, "_step")), Number(at(row, "_timestamp"))];
    return step >= minStep && step <= maxStep && Number.isFinite(time) ? [{ step, time }] : [];
  });
}
