/** Parts of the list's page that stand still. */
import { h, settled } from "./dom.ts";
import type { Store } from "./state.ts";

/** The search, with examples of what it understands. */
export function searchBox(store: Store): HTMLInputElement {
  const search = h("input", {
    type: "search",
    id: "search",
    "data-search": "",
    placeholder: "Search, or eval/loss < 3 and lr >= 1e-3",
    title:
      "Words; lr > 0.001; state:finished; tag = baseline; name ~ /seed=[12]/; min(eval/loss) < 2; eval/loss@500 < 3; and, or, not, ( )",
    "aria-label": "Search runs",
    "aria-describedby": "search-fault",
    value: store.current.query,
    autocomplete: "off",
    spellcheck: "false",
  });
  search.addEventListener(
    "input",
    settled(() => store.set({ query: search.value }), 60),
  );
  return search;
}

export function emptyFolder(folder: string): HTMLElement {
  return h(
    "div",
    { class: "empty" },
    h("p", {}, `There are no runs in ${folder} yet.`),
    h("p", {}, "Start one with ", h("code", {}, "experiment train"), "; it will appear here by itself."),
  );
}

/** Lets a row's menu stand over the table, whose own box would cut it off. */
export function overTable(menu: HTMLDetailsElement): void {
  const list = menu.querySelector<HTMLElement>(".menu-list");
  if (!menu.open || !list) return;
  const { bottom, right, top } = menu.getBoundingClientRect();
  list.style.position = "fixed";
  list.style.right = `${document.documentElement.clientWidth - right}px`;
  list.style.top = `${bottom + list.offsetHeight > innerHeight ? top - list.offsetHeight : bottom}px`;
}
