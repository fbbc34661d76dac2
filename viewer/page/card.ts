/** The frame of a chart: title, how to read it, actions, and what to show while there is nothing. */
import { fill, h } from "./dom.ts";

export interface CardAction {
  readonly name: string;
  run(): Promise<void> | void;
}

export interface Card {
  readonly element: HTMLElement;
  /** Where the chart goes. */
  readonly body: HTMLElement;
  /** Says something beneath the chart; nothing when empty. */
  note(text: string): void;
  /** There is nothing to draw, for this reason: the card makes room, its section says so in a line. */
  empty(reason: string): void;
  /** There is something to draw again. */
  filled(): void;
  /** Shows a sentence in the chart's place: a fault, which must not be overlooked. */
  fault(text: string): void;
}

/** Told on a card's element when it becomes empty or is filled; bubbles. */
export const cardChange = "cardchange";

/** An empty card. */
export function card(id: string, title: string, description: string, actions: readonly CardAction[]): Card {
  const body = h("div", { class: "card-body" });
  const note = h("p", { class: "card-note quiet", hidden: true });
  const menu = h(
    "details",
    { class: "menu" },
    h("summary", { "aria-label": `Actions of ${title}`, title: "Log scale, export" }, "⋯"),
    h(
      "div",
      { class: "menu-list" },
      ...actions.map(({ name, run }) =>
        h(
          "button",
          {
            type: "button",
            onclick: () => {
              menu.open = false;
              void Promise.resolve(run()).catch((thrown: unknown) => say(String(thrown)));
            },
          },
          name,
        ),
      ),
    ),
  );
  const element = h(
    "figure",
    { class: "card", id: `chart-${id}` },
    h(
      "figcaption",
      {},
      h("div", { class: "card-title" }, h("h3", {}, title), h("span", { class: "card-buttons" }), menu),
      description !== "" && h("p", { class: "quiet" }, description),
    ),
    body,
    note,
  );
  function say(text: string): void {
    note.hidden = text === "";
    note.textContent = text;
  }
  const setEmpty = (reason: string | undefined) => {
    if (element.dataset.empty === reason) return;
    if (reason === undefined) delete element.dataset.empty;
    else element.dataset.empty = reason;
    element.dispatchEvent(new Event(cardChange, { bubbles: true }));
  };
  return {
    element,
    body,
    note: say,
    empty(reason) {
      fill(body);
      setEmpty(reason);
    },
    filled: () => setEmpty(undefined),
    fault(text) {
      setEmpty(undefined);
      fill(body, h("p", { class: "empty", role: "note" }, text));
    },
  };
}

// A menu closes when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]"))
    if (!menu.contains(event.target as Node)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) menu.open = false;
});
