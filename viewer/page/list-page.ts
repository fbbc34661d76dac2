/** The list of runs: search by conditions, filter by state, sort by any column, keep in order, choose some to compare. */
import type { RunList, RunSummary } from "../api.ts";
import { grouped } from "../charts/format.ts";
import type { Session } from "../edits.ts";
import type { Vocabulary } from "../query/fits.ts";
import { fitsQuery, metricsIn } from "../query/fits.ts";
import { parseQuery, type Query } from "../query/parse.ts";
import { QueryError } from "../query/tokens.ts";
import { askList, askSession, listen } from "./api.ts";
import { columnMenu } from "./column-menu.ts";
import { fill, h, settled } from "./dom.ts";
import { emptyFolder, overTable, searchBox } from "./list-parts.ts";
import { MetricColumns } from "./metric-columns.ts";
import { archive, labelDialog, tagDialog, trashDialog, trashList } from "./run-dialogs.ts";
import type { Page } from "./run-head.ts";
import { runTable } from "./run-table.ts";
import type { Store } from "./state.ts";
import { runStates } from "./state-badge.ts";
import { differing, metricOf, sortedRuns, tableColumns } from "./table-columns.ts";

export async function listPage(store: Store, connected: (yes: boolean) => void): Promise<Page> {
  let list: RunList = await askList();
  let session: Session = await askSession().catch(() => ({ edit: false, trash: [] }));
  const chosen = new Set<string>();
  let withArchived = false;
  document.title = `${list.folder} · reluscope`;

  const search = searchBox(store);
  const states = h("span", { class: "segmented", role: "group", "aria-label": "State" });
  const bulk = h("span", { class: "bulk" });
  const columns = h("details", { class: "menu" });
  const count = h("span", { class: "quiet", role: "status" });
  const fault = h("p", { class: "problem", role: "alert", id: "search-fault" });
  const place = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Runs" });
  const element = h(
    "div",
    { class: "list" },
    h("h1", {}, "Runs"),
    h("div", { class: "toolbar" }, search, states, columns, count, bulk),
    fault,
    place,
  );
  const metrics = new MetricColumns(settled(show, 20));
  let understood: Query = { kind: "all", parts: [] };

  function words(): Vocabulary {
    return { shared: list.shared, configKeys: differing(list), metrics: list.metrics };
  }

  /** The search as far as it is understood; a fault leaves the one before in place. */
  function readSearch(): void {
    try {
      const query = parseQuery(store.current.query);
      metrics.want(metricsIn(query, words()));
      understood = query;
      fill(fault);
    } catch (thrown) {
      if (!(thrown instanceof QueryError)) throw thrown;
      fill(fault, `${thrown.message.replace(/`([^`]*)`/g, "“$1”")} (at character ${thrown.at + 1})`);
    }
    fault.hidden = fault.childNodes.length === 0;
  }

  function shown(): RunSummary[] {
    const { states: wanted, sort } = store.current;
    const known = words();
    const fitting = list.runs.filter(
      (run) =>
        (withArchived || !run.archived || store.current.query.includes("archived")) &&
        (wanted.length === 0 || wanted.includes(run.state)) &&
        fitsQuery(understood, run, known, metrics.value),
    );
    return sortedRuns(fitting, sort, metrics.value);
  }

  function show(): void {
    readSearch();
    const runs = shown();
    const table = tableColumns(list);
    metrics.want(table.ids.flatMap((id) => metricOf(id) ?? []));
    showStates();
    fill(
      columns,
      h("summary", {}, "Columns"),
      columnMenu(list, table, () => {
        show();
        columns.open = true;
      }),
    );
    const total = list.runs.length;
    count.textContent =
      runs.length === total
        ? `${grouped(total)} run${total === 1 ? "" : "s"}`
        : `${grouped(runs.length)} of ${grouped(total)} runs`;
    showBulk(runs);
    if (total === 0) fill(place, emptyFolder(list.folder));
    else if (runs.length === 0) fill(place, h("p", { class: "empty" }, "No run fits. Clear the search or the states."));
    else
      fill(
        place,
        runTable({
          runs,
          columns: table,
          sort: store.current.sort,
          chosen,
          metric: metrics.value,
          sortBy: (sort) => store.set({ sort }),
          picked: () => showBulk(runs),
          actions: session.edit ? rowActions : () => undefined,
        }),
      );
  }

  function showStates(): void {
    const { states: wanted } = store.current;
    const toggle = (state: string) =>
      store.set({ states: wanted.includes(state) ? wanted.filter((one) => one !== state) : [...wanted, state] });
    const there = runStates.filter((state) => list.runs.some((run) => run.state === state));
    fill(
      states,
      ...there.map((state) =>
        h(
          "button",
          { type: "button", "aria-pressed": String(wanted.includes(state)), onclick: () => toggle(state) },
          state,
        ),
      ),
    );
    states.hidden = there.length < 2;
  }

  function rowActions(run: RunSummary): HTMLElement {
    const button = (text: string, action: () => void) => h("button", { type: "button", onclick: action }, text);
    const key = session.key ?? "";
    const damaged = run.state === "damaged";
    const menu = h(
      "details",
      { class: "menu", ontoggle: () => overTable(menu) },
      h("summary", { "aria-label": `Actions of ${run.name}` }, "⋯"),
      h(
        "div",
        { class: "menu-list" },
        !damaged && button("Name, tags, note…", () => labelDialog(run, key, () => void again())),
        !damaged &&
          button(
            run.archived ? "Back from the archive" : "Archive",
            () => void archive([run], !run.archived, key, () => void again()),
          ),
        button("Move to the trash…", () => trashDialog([run], key, () => void again())),
      ),
    );
    return menu;
  }

  function showBulk(runs: readonly RunSummary[]): void {
    const picked = runs.filter(({ id }) => chosen.has(id));
    const key = session.key ?? "";
    const edits = session.edit && picked.length > 0;
    const archived = list.runs.filter((run) => run.archived).length;
    const button = (text: string, action: () => void, kind = "") =>
      h("button", { type: "button", class: kind, onclick: action }, text);
    const done = () => void again();
    fill(
      bulk,
      archived > 0 &&
        button(withArchived ? "Without archived" : `Archived (${archived})`, () => {
          withArchived = !withArchived;
          show();
        }),
      session.trash.length > 0 && button(`Trash (${session.trash.length})`, () => trashList(session, done)),
      edits && button("Tag…", () => tagDialog(picked, key, done)),
      edits && button("Archive", () => void archive(picked, true, key, done)),
      edits && button("Trash…", () => trashDialog(picked, key, done)),
      picked.length > 0 &&
        button(picked.length === 1 ? "Open 1 run" : `Compare ${picked.length} runs`, () => compare(picked), "primary"),
    );
  }

  function compare(picked: readonly RunSummary[]): void {
    store.set({
      runs: picked.map(({ id }) => id),
      range: undefined,
      group: undefined,
      hidden: [],
      baseline: undefined,
    });
  }

  async function again(): Promise<void> {
    [list, session] = await Promise.all([askList(), askSession().catch(() => session)]);
    const there = new Set(list.runs.map(({ id }) => id));
    for (const id of chosen) if (!there.has(id)) chosen.delete(id);
    show();
  }

  show();
  const unsubscribe = store.subscribe((state, before) => {
    if (state.runs.length > 0) return;
    if (state.query !== search.value) search.value = state.query;
    if (state !== before) show();
  });
  const deaf = listen([], true, {
    connected,
    list: async () => {
      list = await askList();
      metrics.stale();
      // Not under someone's hands: a menu that is open would close, a focus would be lost.
      if (!place.contains(document.activeElement) && !columns.open) show();
    },
  });
  return {
    element,
    destroy() {
      unsubscribe();
      deaf();
    },
  };
}
