/** Tables of the tokens that a unit is told to fire for, at one step; the newest unless another is chosen. */
import { brief } from "../charts/format.ts";
import { wordsOf } from "../charts/metric-key.ts";
import type { TokenTable } from "../unit-tokens.ts";
import { fill, h } from "./dom.ts";
import { sectionElement } from "./section-element.ts";
import { stepSlider } from "./step-slider.ts";

export interface TokenTables {
  readonly element: HTMLElement;
  /** Shows what is on record now. */
  show(tables: readonly TokenTable[]): void;
}

/** `described`: what metrics mean, by key. */
export function unitTokenTables(described: ReadonlyMap<string, string>): TokenTables {
  const shown = new Map<string, { element: HTMLElement; show(table: TokenTable): void }>();
  const content = h("div", {});
  const title = "Tokens it fires for";
  const element = sectionElement({ id: "unit-tokens", title, folded: false, cards: false, content: [content] });
  return {
    element,
    show(tables) {
      element.hidden = tables.length === 0;
      for (const table of tables) {
        const known = shown.get(table.key) ?? oneTable(table.key, described);
        if (!shown.has(table.key)) content.append(known.element);
        shown.set(table.key, known);
        known.show(table);
      }
    },
  };
}

function oneTable(key: string, described: ReadonlyMap<string, string>) {
  let table: TokenTable | undefined;
  const body = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": wordsOf(key) });
  const slider = stepSlider(draw);
  const about = h("p", { class: "quiet" }, described.get(key) ?? "");
  const meanings = h("dl", { class: "meanings" });
  const columns = h("details", { class: "quiet" }, h("summary", {}, "What the columns say"), meanings);
  const element = h("div", { class: "unit-tokens" }, about, slider.element, body, columns);

  function draw(): void {
    if (table === undefined) return;
    const { columns, looks } = table;
    const look = looks.find(({ step }) => step === slider.step) ?? looks.at(-1)!;
    if (look.rows.length === 0) {
      fill(body, h("p", { class: "quiet" }, `None at step ${look.step}.`));
      return;
    }
    const head = columns.map((column) =>
      h("th", { scope: "col", class: "number", title: described.get(column) ?? "" }, wordsOf(column)),
    );
    const rows = look.rows.map(({ token, values }) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, h("bdi", { class: "token" }, token)),
        ...values.map((value) => h("td", { class: "number" }, brief(value))),
      ),
    );
    fill(
      body,
      h(
        "table",
        { class: "facts" },
        looks.length === 1 && h("caption", {}, `Step ${look.step}`),
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "token"), ...head)),
        h("tbody", {}, ...rows),
      ),
    );
  }

  return {
    element,
    show(next: TokenTable) {
      table = next;
      const told = next.columns.flatMap((column) => [
        h("dt", {}, wordsOf(column)),
        h("dd", {}, described.get(column) ?? ""),
      ]);
      fill(meanings, ...told);
      slider.steps(next.looks.map(({ step }) => step));
      draw();
    },
  };
}
