/** What all charts of a page share. */

import type { Theme } from "../charts/palette.ts";
import type { ShownRun } from "../charts/panels.ts";
import type { Focus } from "./focus.ts";
import type { Mark } from "./line-draw.ts";
import type { Range } from "./line-scale.ts";
import type { ManyView } from "./many-view.ts";
import type { State } from "./state.ts";

export interface ChartContext {
  readonly runs: readonly ShownRun[];
  state(): State;
  theme(): Theme;
  /** Groups, colours, what is hidden. */
  many(): ManyView;
  readonly focus: Focus;
  background(): string;
  /** Whether any of the runs is still going. */
  live(): boolean;
  /** Events on the shown axis. */
  marks(): readonly Mark[];
  /** What happened between two positions, in words. */
  happened(from: number, to: number): readonly string[];
  zoom(range: Range | undefined): void;
  toggleLogY(id: string): void;
  /** Goes to the page of a unit. */
  openUnit(run: string, layer: number, unit: number): void;
  fileStem(): string;
}

/** A chart in its card. */
export interface LiveChart {
  readonly element: HTMLElement;
  readonly kind: "lines" | "vega";
  readonly id: string;
  readonly title: string;
  /** What a search looks through: title, keys of metrics, description. */
  readonly words: string;
  /** Fetches and draws. */
  update(): Promise<void>;
  /** Draws what has been fetched once more. */
  redraw(): void;
  destroy(): void;
}
