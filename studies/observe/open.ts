/** What `observe` in a config names, open to be looked at: models, checkpoints and text. */
import type { LoadedConfig } from "../../core/config/load.ts";
import type { Observed } from "../../core/contract/run.ts";
import { bytesPerToken } from "../../core/data/bytes-per-token.ts";
import type { RecordedData } from "../../core/data/same-data.ts";
import type { Batch } from "../../core/data/windows.ts";
import { mixedSubjects, nothingToObserve } from "../../core/errors/errors.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { only } from "../../core/host/resolve.ts";
import { withState } from "../../core/run/open.ts";
import { findCheckpoints } from "./find.ts";
import { hubSubject } from "./hub.ts";
import { type Looking, lookingAt, opened } from "./looking.ts";
import { openSource, ownSubjects } from "./own.ts";
import { openPublished } from "./published.ts";
import { spaced } from "./spaced.ts";
import type { OpenSubject, Subject } from "./subject.ts";
import { thresholdsOf } from "./thresholds.ts";

/** What is being looked at, and with what. */
export interface Observation extends Looking {
  readonly architecture: string;
  /** The activation where it is never exactly zero. */
  readonly soft: string | undefined;
  readonly bytesPerToken: number | undefined;
  /** Of the training that made the parameters; 0 where nobody knows. */
  readonly tokensPerStep: number;
  /** The sequences that analyzers look at. */
  batch(subject: OpenSubject): Batch;
}

/** How it is opened. */
export interface ObservationOptions {
  readonly phase?: (text: string) => void;
  /** What an observed run has on record, where it is opened again: its thresholds are not computed a second time. */
  readonly observed?: Observed | undefined;
  /** What the data must be, of a run that is on record. */
  readonly recorded?: RecordedData | undefined;
  readonly acceptChangedCorpus?: boolean | undefined;
}

/** Opens it. Throws before anything is written. */
export async function openObservation(
  loaded: LoadedConfig,
  plugins: PluginTable,
  options: ObservationOptions = {},
): Promise<Observation> {
  const parts = await partsOf(loaded, plugins, options);
  try {
    return await observationOf(parts, options);
  } catch (thrown) {
    await parts.open.close();
    throw thrown;
  }
}

/** What the two kinds of checkpoints come to. */
interface Parts
  extends Pick<Observation, "open" | "subjects" | "architecture" | "soft" | "bytesPerToken" | "tokensPerStep"> {
  readonly leading: readonly number[];
}

async function partsOf(loaded: LoadedConfig, plugins: PluginTable, options: ObservationOptions): Promise<Parts> {
  const { phase = () => {}, recorded, acceptChangedCorpus = false } = options;
  const found = findCheckpoints(loaded.config.observe, loaded.baseDir);
  const [first] = found;
  if (first === undefined) throw nothingToObserve();
  const other = found.find(({ kind }) => kind !== first.kind);
  if (other !== undefined) throw mixedSubjects(first.path, other.path);
  if (first.kind === "hub") {
    const { architecture, ...published } = await openPublished(found, loaded, plugins, {
      phase,
      recorded,
      acceptChangedCorpus,
    });
    const { plugin, published: about, options: own } = architecture;
    const { model } = published.open.plan;
    const subjects = found.map((one) => hubSubject(one, architecture, model));
    return { ...published, subjects, architecture: plugin.name, soft: about.soft(own) };
  }
  const { open, tokensPerStep } = await openSource(found, loaded, plugins, { phase, acceptChangedCorpus });
  return {
    open,
    subjects: ownSubjects(found, open.plan.model),
    leading: [],
    architecture: only(open.chosen.model).plugin.name,
    soft: open.config.model.activation === "gelu" ? "gelu" : undefined,
    bytesPerToken: bytesPerToken(open.held.targets, open.dataset.tokenizer),
    tokensPerStep,
  };
}

async function observationOf(parts: Parts, { observed }: ObservationOptions): Promise<Observation> {
  const { open, leading, tokensPerStep, ...about } = parts;
  const { sequences, text, every_tokens } = open.config.observe;
  const dated = parts.subjects.map((subject) => ({ ...subject, ...tokensOf(subject, tokensPerStep) }));
  const subjects = spaced(dated, every_tokens);
  const looking = (thresholds?: readonly number[]) => lookingAt(open, subjects, { leading, sequences, thresholds });
  const first = looking();
  const sampler = first.sampler(open.config.data.order);
  const start = sampler.cursor();
  const batch = ({ cursor }: Pick<OpenSubject, "cursor">) => {
    sampler.restore(text === "next" && cursor !== undefined ? cursor : start);
    return sampler.next(sequences);
  };
  const thresholds = observed === undefined ? await firstThresholds(first, batch) : observed.thresholds;
  return { ...about, ...looking(thresholds), tokensPerStep, batch };
}

function tokensOf({ step, tokens }: Subject, tokensPerStep: number): Pick<Subject, "tokens"> {
  if (tokens !== undefined) return { tokens };
  return tokensPerStep > 0 ? { tokens: step * tokensPerStep } : {};
}

/** The thresholds of the run: those that its first look finds. */
async function firstThresholds(
  { open, subjects }: Looking,
  batch: Observation["batch"],
): Promise<readonly number[] | undefined> {
  const { threshold } = open.config.observe;
  if ("value" in threshold && threshold.value === 0) return undefined;
  return opened(subjects[0]!, (subject) =>
    withState(open.engine, subject.parameters(), (state) => thresholdsOf(open, threshold, state, batch(subject))),
  );
}
