/** Events on the time axis: where they are drawn, and in what words. */
import type { RunEvent } from "../../core/contract/sink.ts";
import { exact } from "../charts/format.ts";
import { inks, type Theme } from "../charts/palette.ts";
import type { ShownRun } from "../charts/panels.ts";
import type { Axis } from "../series/axes.ts";
import type { Mark } from "./line-draw.ts";

export interface Happening {
  readonly run: ShownRun;
  readonly event: RunEvent;
}

/** Kinds that interrupt a run are lines through the plot; the many small ones are ticks at its foot. */
const interruptions = new Set(["resume", "diverged", "failed", "interrupted"]);
/** Too regular to be news. */
const routine = new Set(["checkpoint", "start", "run-start"]);

/** Where an event lies on an axis. */
export function placeOf({ run, event }: Happening, axis: Axis): number {
  return axis === "time" ? (event.time - run.createdAt) / 3_600_000 : event[axis];
}

/** What charts draw. */
export function marksOf(happenings: readonly Happening[], axis: Axis, theme: Theme): Mark[] {
  return happenings
    .filter(({ event }) => !routine.has(event.kind))
    .map((one) => {
      const { kind } = one.event;
      const warning = /warn|fail|diverg|lost/.test(kind);
      const colour = warning ? (theme === "light" ? "#b35900" : "#f0a84b") : inks[theme].faint;
      return { x: placeOf(one, axis), shape: interruptions.has(kind) ? ("line" as const) : ("tick" as const), colour };
    })
    .sort((a, b) => a.x - b.x);
}

/** What happened between two places: one line a kind. */
export function wordsFor(
  happenings: readonly Happening[],
  axis: Axis,
  from: number,
  to: number,
  runs: number,
): string[] {
  const near = happenings.filter((one) => {
    const x = placeOf(one, axis);
    return x >= from && x <= to && !routine.has(one.event.kind);
  });
  const kinds = new Map<string, Happening[]>();
  for (const one of near) {
    const name = `${one.event.source === "run" ? "" : `${one.event.source}: `}${one.event.kind.replaceAll("-", " ")}`;
    kinds.set(name, [...(kinds.get(name) ?? []), one]);
  }
  return [...kinds].map(([name, list]) => {
    const whose = runs > 1 && list.length === 1 ? `${list[0]!.run.label}: ` : "";
    return list.length === 1 ? `${whose}${name} ${detailOf(list[0]!.event)}` : `${list.length} × ${name}`;
  });
}

/** An event's data on one line. */
export function detailOf({ data }: RunEvent): string {
  const text = Object.entries(data)
    .map(
      ([name, value]) =>
        `${name} ${typeof value === "string" ? value : typeof value === "number" ? exact(value) : JSON.stringify(value)}`,
    )
    .join(", ");
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
