/** The menu of the table's columns: what is shown, in what order, and what can be added. */
import type { RunList } from "../api.ts";
import { columnOf } from "../query/columns.ts";
import { fill, h } from "./dom.ts";
import {
  type ColumnId,
  columnTitle,
  differing,
  forgetColumns,
  keepColumns,
  plainColumns,
  type TableColumns,
} from "./table-columns.ts";

/** Builds the menu's content; `changed` is called when the columns are others. */
export function columnMenu(list: RunList, columns: TableColumns, changed: () => void): HTMLElement {
  const set = (ids: readonly ColumnId[]) => {
    keepColumns({ ...columns, ids });
    changed();
  };
  const { ids } = columns;
  const shown = ids.map((id, i) => {
    const title = columnTitle(id);
    const moved = (by: -1 | 1) => {
      const next = ids.filter((one) => one !== id);
      next.splice(Math.max(0, i + by), 0, id);
      set(next);
    };
    const button = (sign: string, word: string, action: () => void) =>
      h(
        "button",
        { type: "button", class: "bare", "aria-label": `${word} ${title}`, title: word, onclick: action },
        sign,
      );
    return h(
      "li",
      {},
      h("span", {}, title),
      button("↑", "Left", () => moved(-1)),
      button("↓", "Right", () => moved(1)),
      button("×", "Remove", () => set(ids.filter((one) => one !== id))),
    );
  });
  const addable = [...Object.keys(plainColumns), ...differing(list).map((key) => `config.${key}`)].filter(
    (id) => !ids.includes(id),
  );
  const add = h("select", { "aria-label": "Add a column" });
  fill(
    add,
    h("option", { value: "" }, "Add a column…"),
    ...addable.map((id) => h("option", { value: id }, columnTitle(id))),
  );
  add.addEventListener("change", () => add.value !== "" && set([...ids, add.value]));
  return h(
    "div",
    { class: "menu-list columns-menu" },
    h("ol", {}, ...shown),
    add,
    metricForm(list, (id) => set([...ids, id])),
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          forgetColumns();
          changed();
        },
      },
      "As at first",
    ),
  );
}

function metricForm(list: RunList, add: (id: ColumnId) => void): HTMLElement {
  const names = h("datalist", { id: "metric-names" }, ...list.metrics.map((value) => h("option", { value })));
  const metric = h("input", {
    type: "text",
    list: "metric-names",
    placeholder: "eval/loss",
    "aria-label": "Metric",
    required: true,
  });
  const of = h(
    "select",
    { "aria-label": "Which of its values" },
    ...["last", "min", "max", "at"].map((value) => h("option", { value }, value === "at" ? "at step" : value)),
  );
  const step = h("input", { type: "number", min: 1, value: 100, "aria-label": "Step", hidden: true });
  of.addEventListener("change", () => {
    step.hidden = of.value !== "at";
  });
  const form = h(
    "form",
    { class: "metric-form" },
    h("span", { class: "quiet" }, "A metric:"),
    metric,
    of,
    step,
    h("button", {}, "Add"),
    names,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = metric.value.trim();
    if (!name.includes("/")) {
      metric.setCustomValidity("section/metric, as eval/loss");
      metric.reportValidity();
      return;
    }
    add(`metric.${columnOf(name, of.value as "last", Number(step.value)).id}`);
  });
  metric.addEventListener("input", () => metric.setCustomValidity(""));
  return form;
}
