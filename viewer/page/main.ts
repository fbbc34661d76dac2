/** The page: a header, and either the list of runs or the charts of some. */
import { fill, h } from "./dom.ts";
import { keyCard, listenToKeys } from "./keyboard.ts";
import { listPage } from "./list-page.ts";
import type { Page } from "./run-head.ts";
import { runPage } from "./run-page.ts";
import { Store } from "./state.ts";
import { theme, themeButton } from "./theme.ts";
import { unitOf, unitPage } from "./unit-page.ts";

// The cookie has taken over from the token; it should not stay in the address or in a copied link.
if (location.search !== "") history.replaceState(null, "", location.pathname + location.hash);

const store = new Store();
const main = document.getElementById("main")!;
const card = keyCard();
const lost = h(
  "span",
  { class: "lost", hidden: true, role: "status" },
  "The viewer has stopped: start it again with experiment view.",
);

fill(
  document.getElementById("top")!,
  h(
    "button",
    {
      type: "button",
      class: "home",
      title: "All runs (g)",
      onclick: () => store.set({ runs: [], unit: undefined, range: undefined }),
    },
    "reluscope",
  ),
  lost,
  h(
    "button",
    { type: "button", class: "bare", "aria-label": "Keys", title: "Keys (?)", onclick: () => card.showModal() },
    "?",
  ),
  themeButton(),
);
document.body.append(card);
listenToKeys(store, card);

let page: Page | undefined;
let shown: string | undefined;
let turn = 0;

async function show(): Promise<void> {
  const { runs, unit } = store.current;
  const ofUnit = runs.length === 1 && unitOf(unit) !== undefined;
  const wanted = `${runs.join("\n")}${ofUnit ? `\u0000${unit}` : ""}`;
  if (wanted === shown) return;
  shown = wanted;
  const mine = ++turn;
  const connected = (yes: boolean) => {
    lost.hidden = yes;
  };
  try {
    const next =
      wanted === "" ? await listPage(store, connected) : await (ofUnit ? unitPage : runPage)(store, theme, connected);
    if (mine !== turn) return next.destroy();
    page?.destroy();
    page = next;
    fill(main, next.element);
    scrollTo(0, 0);
  } catch (thrown) {
    shown = undefined;
    fill(
      main,
      h(
        "p",
        { class: "empty", role: "alert" },
        `This could not be shown: ${thrown instanceof Error ? thrown.message : thrown}`,
      ),
    );
  }
}

store.subscribe(() => void show());
void show();
