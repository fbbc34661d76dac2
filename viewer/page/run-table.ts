/** The table of runs itself: heads that sort and widen, rows that open, as many at a time as one can look at. */
import type { RunSummary } from "../api.ts";
import { brief, exact, grouped, when } from "../charts/format.ts";
import type { Column } from "../query/columns.ts";
import { announce, h } from "./dom.ts";
import { stateBadge } from "./state-badge.ts";
import { type ColumnId, cellValue, columnTitle, keepColumns, type TableColumns } from "./table-columns.ts";

export interface TableParts {
  readonly runs: readonly RunSummary[];
  readonly columns: TableColumns;
  readonly sort: string;
  readonly chosen: Set<string>;
  metric(column: Column, run: RunSummary): unknown;
  sortBy(sort: string): void;
  /** What is chosen has changed. */
  picked(): void;
  /** Buttons at a row's end; none on a read-only server. */
  actions(run: RunSummary): HTMLElement | undefined;
}

/** Rows that are built at once; more as one scrolls. */
const rowsAtOnce = 200;

export function runTable(parts: TableParts): HTMLElement {
  const { runs, columns, chosen } = parts;
  const everyone = h("input", { type: "checkbox", "aria-label": "Choose all shown runs" });
  everyone.checked = runs.length > 0 && runs.every(({ id }) => chosen.has(id));
  const body = h("tbody", {});
  const table = h(
    "table",
    { class: "runs" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { class: "pick" }, everyone),
        head(parts, "name"),
        ...columns.ids.map((id) => head(parts, id)),
        h("th", {}, h("span", { class: "unseen" }, "Actions")),
      ),
    ),
    body,
  );
  everyone.addEventListener("change", () => {
    for (const { id, state } of runs) if (state !== "damaged") everyone.checked ? chosen.add(id) : chosen.delete(id);
    for (const box of body.querySelectorAll<HTMLInputElement>(".pick input")) box.checked = everyone.checked;
    parts.picked();
  });
  let built = 0;
  const more = h("tr", { class: "more-rows" }, h("td", { colspan: columns.ids.length + 3 }, "…"));
  const watcher = new IntersectionObserver(
    (entries) => entries.some(({ isIntersecting }) => isIntersecting) && build(),
    { rootMargin: "600px" },
  );
  function build(): void {
    more.remove();
    watcher.unobserve(more);
    const next = runs.slice(built, built + rowsAtOnce);
    body.append(...next.map((run) => row(run, parts)));
    built += next.length;
    if (built >= runs.length) return;
    more.firstElementChild!.textContent = `${grouped(runs.length - built)} more below`;
    body.append(more);
    watcher.observe(more);
  }
  build();
  return table;
}

function head(parts: TableParts, id: ColumnId): HTMLElement {
  const { sort, runs, columns } = parts;
  const order = sort === id ? "ascending" : sort === `-${id}` ? "descending" : "none";
  const arrow = order === "ascending" ? " ↑" : order === "descending" ? " ↓" : "";
  const numeric = runs.some((run) => typeof cellValue(run, id, parts.metric) === "number") && id !== "created";
  const title = id === "name" ? "Name" : columnTitle(id);
  const cell = h(
    "th",
    { scope: "col", "aria-sort": order, class: numeric ? "number" : "" },
    h(
      "button",
      { type: "button", class: "bare", title, onclick: () => parts.sortBy(order === "ascending" ? `-${id}` : id) },
      title,
      h("span", { "aria-hidden": "true" }, arrow),
    ),
    widener(id, columns),
  );
  setWidth(cell, columns.widths[id]);
  return cell;
}

/** A handle at a head's right edge; the width is kept. */
function widener(id: ColumnId, columns: TableColumns): HTMLElement {
  const handle = h("span", { class: "widener", "aria-hidden": "true" });
  handle.addEventListener("pointerdown", (down: PointerEvent) => {
    down.preventDefault();
    const cell = handle.parentElement as HTMLTableCellElement;
    const place = cell.cellIndex;
    const from = cell.offsetWidth;
    let width = from;
    handle.setPointerCapture(down.pointerId);
    handle.onpointermove = (event) => {
      width = Math.max(48, from + event.clientX - down.clientX);
      for (const row of cell.closest("table")!.rows) if (row.cells[place]) setWidth(row.cells[place], width);
    };
    handle.onpointerup = () => {
      handle.onpointermove = null;
      keepColumns({ ...columns, widths: { ...columns.widths, [id]: Math.round(width) } });
    };
  });
  return handle;
}

function setWidth(cell: HTMLElement, width: number | undefined): void {
  if (width === undefined) return;
  cell.style.minWidth = cell.style.maxWidth = `${width}px`;
}

function row(run: RunSummary, parts: TableParts): HTMLElement {
  const { chosen, columns } = parts;
  const box = h("input", { type: "checkbox", "aria-label": `Choose ${run.name}` });
  box.checked = chosen.has(run.id);
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(run.id);
    else chosen.delete(run.id);
    parts.picked();
    announce(`${chosen.size} chosen`);
  });
  const damaged = run.state === "damaged";
  const name = damaged
    ? h("span", { class: "name" }, run.name)
    : h("a", { class: "name", href: `#run=${encodeURIComponent(run.id)}` }, run.name);
  const title = [run.id, run.ownName, run.note].filter((text) => text).join("\n");
  const first = h(
    "th",
    { scope: "row", title },
    name,
    run.archived && h("span", { class: "quiet" }, " archived"),
    damaged && h("span", { class: "problem" }, run.problem ?? ""),
  );
  setWidth(first, columns.widths.name);
  return h(
    "tr",
    { class: damaged ? "is-damaged" : "" },
    h("td", { class: "pick" }, !damaged && box),
    first,
    ...columns.ids.map((id) => cell(run, id, parts)),
    h("td", {}, parts.actions(run)),
  );
}

function cell(run: RunSummary, id: ColumnId, parts: TableParts): HTMLElement {
  const value = cellValue(run, id, parts.metric);
  const damaged = run.state === "damaged";
  const numeric = (typeof value === "number" && id !== "created") || (damaged && ["step", "loss", "eval"].includes(id));
  const element = h("td", { class: numeric ? "number" : id === "created" ? "when" : "" }, ...content(run, id, value));
  setWidth(element, parts.columns.widths[id]);
  return element;
}

function content(run: RunSummary, id: ColumnId, value: unknown): (Node | string | false)[] {
  switch (id) {
    case "state":
      return [stateBadge(run.state)];
    case "step": {
      if (run.state === "damaged") return ["–"];
      const share = run.steps > 0 ? Math.min(1, run.step / run.steps) : 0;
      const label = `${Math.round(share * 100)} % done`;
      return [
        `${grouped(run.step)} / ${grouped(run.steps)}`,
        run.state === "running" && h("progress", { value: share, max: 1, "aria-label": label }),
      ];
    }
    case "loss":
    case "eval":
      return [brief(value as number | string | null)];
    case "created":
      return [when(run.createdAt)];
    case "tags":
      return run.tags.map((tag) => h("span", { class: "tag" }, tag));
    default:
      if (typeof value === "number") return [id.startsWith("metric.") ? brief(value) : exact(value)];
      return [value === undefined ? "–" : String(value)];
  }
}
