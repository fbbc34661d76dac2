/** A slider over the steps that arrays are on record for, and a button that plays them. */
import { grouped } from "../charts/format.ts";
import { h } from "./dom.ts";

export interface StepSlider {
  readonly element: HTMLElement;
  /** The steps there are; the newest is shown unless another was chosen. */
  steps(list: readonly number[]): void;
  readonly step: number | undefined;
  /** Whether the newest step is shown. */
  readonly atEnd: boolean;
}

/** ms between steps while playing. */
const pace = 350;

export function stepSlider(changed: () => void): StepSlider {
  let list: readonly number[] = [];
  let place = -1;
  let timer: ReturnType<typeof setInterval> | undefined;
  const range = h("input", { type: "range", min: 0, max: 0, "aria-label": "Step" });
  const label = h("output", {});
  const play = h("button", { type: "button", "aria-label": "Play the steps", onclick: toggle }, "▶");
  const element = h("span", { class: "step-slider" }, play, range, label);

  function show(): void {
    range.value = String(place);
    label.textContent = place < 0 ? "" : `step ${grouped(list[place]!)}`;
    range.setAttribute("aria-valuetext", label.textContent);
  }

  function go(to: number): void {
    place = to;
    show();
    changed();
  }

  function toggle(): void {
    if (timer !== undefined) {
      stop();
      return;
    }
    if (place >= list.length - 1) place = -1;
    shows("❚❚", "Pause");
    timer = setInterval(() => {
      if (!element.isConnected || place >= list.length - 1) return stop();
      go(place + 1);
    }, pace);
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
    shows("▶", "Play the steps");
  }

  function shows(sign: string, name: string): void {
    play.textContent = sign;
    play.setAttribute("aria-label", name);
  }

  range.addEventListener("input", () => {
    stop();
    go(Number(range.value));
  });
  return {
    element,
    steps(next) {
      const atEnd = place < 0 || place >= list.length - 1;
      list = next;
      range.max = String(Math.max(0, list.length - 1));
      place = list.length === 0 ? -1 : atEnd ? list.length - 1 : Math.min(place, list.length - 1);
      element.hidden = list.length < 2;
      show();
    },
    get step() {
      return list[place];
    },
    get atEnd() {
      return place >= list.length - 1;
    },
  };
}
