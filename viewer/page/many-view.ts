/** How several runs are shown: in which groups, in which colours, which of them, against which. */
import type { RunDetail } from "../api.ts";
import { colouring } from "../charts/colouring.ts";
import type { Theme } from "../charts/palette.ts";
import type { ShownRun } from "../charts/panels.ts";
import { type Subject, subjectsOf, sweptKeys } from "../charts/subjects.ts";
import { remember, remembered } from "./memory.ts";
import type { State } from "./state.ts";

export interface ManyView {
  /** Config keys that make the groups; none: each run by itself. */
  readonly by: readonly string[];
  readonly subjects: readonly Subject[];
  /** By subject. */
  readonly colours: readonly string[];
  /** By run: its own where runs stand alone, its group's otherwise. */
  readonly runColours: readonly string[];
  /** What the colours' order says, where they have one. */
  readonly scale?: { readonly key: string; readonly low: string; readonly high: string };
  readonly hidden: ReadonlySet<string>;
  readonly baseline: Subject | undefined;
}

/** The view that the address asks for; groups are those of the sweep unless it says otherwise. */
export function manyView(
  state: State,
  runs: readonly ShownRun[],
  details: readonly RunDetail[],
  theme: Theme,
): ManyView {
  const configs = details.map(({ config }) => config);
  const by = state.group ?? sweptKeys(configs);
  const subjects = subjectsOf(runs, configs, by);
  const { colours, scale } = colouring(subjects, configs, {
    by: state.colour,
    groupedBy: by,
    theme,
    chosen: chosenColours(),
  });
  const runColours = new Array<string>(runs.length).fill("");
  for (const [i, subject] of subjects.entries()) for (const run of subject.runs) runColours[run] = colours[i]!;
  return {
    by,
    subjects,
    colours,
    runColours,
    ...(scale && { scale }),
    hidden: new Set(state.hidden),
    baseline: subjects.find(({ key }) => key === state.baseline),
  };
}

/** Colours that someone chose by hand, by subject; kept in this browser. */
export function chosenColours(): Readonly<Record<string, string>> {
  try {
    const kept: unknown = JSON.parse(remembered("colours") ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, colour]) => /^#[0-9a-f]{6}$/i.test(String(colour))));
  } catch {
    return {};
  }
}

/** Keeps a colour for a subject; undefined gives it back to the palette. */
export function chooseColour(subject: string, colour: string | undefined): void {
  const { [subject]: _, ...others } = chosenColours();
  remember("colours", JSON.stringify(colour === undefined ? others : { ...others, [subject]: colour }));
}
