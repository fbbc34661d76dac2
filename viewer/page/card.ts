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
  /** Shows a sentence in the chart's place. */
  empty(text: string): void;
}

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
      h("div", { class: "card-title" }, h("h3", {}, title), menu),
      description !== "" && h("p", { class: "quiet" }, description),
    ),
    body,
    note,
  );
  function say(text: string): void {
    note.hidden = text === "";
    note.textContent = text;
  }
  return {
    element,
    body,
    note: say,
    empty: (text) => fill(body, h("p", { class: "empty" }, text)),
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
