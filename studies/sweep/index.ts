/** `reluscope/sweep`: plans in code. What they make is the same as by `experiment sweep`, and either goes on with the other's runs. */
import path from "node:path";
import type { z } from "zod";
import { parseWith } from "../../core/config/check.ts";
import { findConfig } from "../../core/config/files.ts";
import { openConfig } from "../../core/config/load.ts";
import type { RunNews } from "../../core/contract/executor.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { builtIns } from "../../plugins/index.ts";
import { type ForkOptions, forkRequests } from "../fork.ts";
import { checkPlugins } from "./check.ts";
import { executorOf, jobOf, type NamedSweep, submit } from "./executor.ts";
import { forkSweep } from "./fork-sweep.ts";
import { planSchema } from "./plan.ts";
import { type Results, type ResultsRequest, resultsOf } from "./results.ts";
import { type OpenSweep, openPlan } from "./snapshot.ts";
import { type FoundState, statesOf } from "./states.ts";
import { type SweepStatus, statusOf, todoOf } from "./status.ts";

export type { ForkOptions } from "../fork.ts";
export type { ResultGroup, Results, ResultsRequest } from "./results.ts";
export type { OpenSweep } from "./snapshot.ts";
export type { FoundState } from "./states.ts";
export type { SweepStatus } from "./status.ts";

/** A plan as a file has it. */
export type PlanInput = z.input<typeof planSchema>;

/** What a sweep in code may be told. */
export interface SweepOptions {
  /** Where relative paths start and the config is searched from, upwards; default: the working directory. */
  readonly cwd?: string;
  /** Executor; default: the plan's, else the pool of this machine. */
  readonly on?: string;
  /** Runs at a time. */
  readonly jobs?: number;
  /** Also try again what failed; default: no. */
  readonly retryFailed?: boolean;
  /** Plugins to be named without a path; runs load theirs anew, so they know only the built-in ones and those of a path or package. */
  readonly plugins?: PluginTable;
  readonly signal?: AbortSignal;
  /** Hears of every run. */
  readonly report?: (news: RunNews) => void;
}

/** The sweep of a plan: its runs with their settings and ids. Nothing is written. Throws `config.invalid`. */
export async function openSweep(
  plan: PlanInput,
  { cwd = process.cwd() }: Pick<SweepOptions, "cwd"> = {},
): Promise<OpenSweep> {
  return (await opened(plan, cwd)).sweep;
}

/** Does what is missing of a plan's runs; resolves with where all of them stand. Throws `config.invalid` before anything starts. */
export async function sweep(plan: PlanInput, options: SweepOptions = {}): Promise<SweepStatus> {
  const { cwd = process.cwd(), plugins = builtIns } = options;
  const named = await opened(plan, cwd);
  await checkPlugins(named.sweep, plugins);
  await doMissing(named, options);
  return statusOf(named.sweep);
}

/**
 * Makes the forks of a checkpoint that are missing, as `experiment fork` does; resolves with where all of them stand, plain
 * ones first, each under a name that its origin and config decide. Throws `usage` when there is no such checkpoint.
 */
export async function sweepForks(asked: ForkOptions, options: SweepOptions = {}): Promise<readonly FoundState[]> {
  const requests = await forkRequests(asked, options.plugins ?? builtIns);
  const named = forkSweep(requests, { config: asked.word?.present?.file });
  await doMissing(named, options);
  return statesOf(named.sweep);
}

async function doMissing(named: NamedSweep, options: SweepOptions): Promise<void> {
  const { cwd = process.cwd(), plugins = builtIns, retryFailed = false, report = () => {} } = options;
  const { on, jobs, signal = new AbortController().signal } = options;
  const todo = todoOf(statesOf(named.sweep), retryFailed);
  if (todo.length === 0) return;
  const executor = await executorOf(named, on, plugins);
  const host = { report, info: () => {}, warn: () => {} };
  await submit(named, executor, { ...jobOf(named, todo, jobs), cwd }, host, signal);
}

/** Where the runs of a plan stand, by their directories. */
export async function sweepStatus(plan: PlanInput, options: Pick<SweepOptions, "cwd"> = {}): Promise<SweepStatus> {
  return statusOf(await openSweep(plan, options));
}

/** Metrics of a plan's finished runs by groups of settings, as `experiment sweep table` has them. */
export async function sweepResults(
  plan: PlanInput,
  request: ResultsRequest,
  options: Pick<SweepOptions, "cwd"> = {},
): Promise<Results> {
  return resultsOf(await openSweep(plan, options), request);
}

async function opened(input: PlanInput, cwd: string): Promise<NamedSweep> {
  const plan = parseWith(planSchema, input, ["sweep"], { sweep: "the plan" });
  const asked = plan.config === undefined ? (await findConfig(cwd)).file : path.resolve(cwd, plan.config);
  const name = plan.name ?? "sweep";
  const found = { plan, name, file: path.join(cwd, name), where: "sweep", config: asked };
  const base = await openConfig({ cwd, file: asked, env: process.env });
  const { sweep, write } = await openPlan(found, base, base.runsFolder());
  return { sweep, found, write };
}
