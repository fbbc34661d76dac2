/** A section of the page: a heading that folds it, its charts in rows, and in one line those that have nothing to show. */
import { cardChange } from "./card.ts";
import { fill, h } from "./dom.ts";
import { remember, remembered } from "./memory.ts";

export interface SectionParts {
  readonly id: string;
  readonly title: string;
  readonly folded: boolean;
  /** What stands in it: cards in a grid, or something else. */
  readonly content: readonly HTMLElement[];
  /** What stands before it. */
  readonly before?: readonly HTMLElement[];
  /** Whether the content is cards. */
  readonly cards: boolean;
  /** Moves the section one place up or down; absent where its place is fixed. */
  move?(by: -1 | 1): void;
}

/** The section's element. */
export function sectionElement(parts: SectionParts): HTMLElement {
  const { id, title, content, cards } = parts;
  const grid = h("div", { class: cards ? "grid" : "" }, ...content);
  const empties = h("p", { class: "empties quiet", hidden: true });
  const fold = h("details", {}, h("summary", {}, h("h2", {}, title)), ...(parts.before ?? []), grid, empties);
  fold.open = openState(id) ?? !parts.folded;
  fold.addEventListener("toggle", () => remember(`open.${id}`, fold.open ? "1" : "0"));
  const element = h("section", { id, class: "section" }, parts.move && movers(title, parts.move), fold);
  const sayEmpties = () => {
    const empty = content.filter((one) => one.dataset.empty !== undefined);
    const reasons = new Map<string, string[]>();
    for (const one of empty) {
      const reason = one.dataset.empty!;
      reasons.set(reason, [...(reasons.get(reason) ?? []), one.querySelector("h3")?.textContent ?? one.id]);
    }
    empties.hidden = empty.length === 0;
    const texts = [...reasons].map(([reason, titles]) => `${titles.join(", ")}: ${reason}`);
    fill(empties, texts.length > 0 && `Not drawn – ${texts.join(" ")}`);
  };
  element.addEventListener(cardChange, sayEmpties);
  sayEmpties();
  return element;
}

function openState(id: string): boolean | undefined {
  const kept = remembered(`open.${id}`);
  return kept === undefined ? undefined : kept === "1";
}

function movers(title: string, move: (by: -1 | 1) => void): HTMLElement {
  const button = (by: -1 | 1, sign: string, word: string) =>
    h(
      "button",
      {
        type: "button",
        class: "bare",
        "aria-label": `Move ${title} ${word}`,
        title: `Move ${word}`,
        onclick: () => move(by),
      },
      sign,
    );
  return h("span", { class: "movers" }, button(-1, "↑", "up"), button(1, "↓", "down"));
}
