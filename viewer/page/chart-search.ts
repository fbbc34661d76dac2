/** Finds charts by words or a regular expression (`/use|dead/`) over titles, metrics and descriptions. */
import type { LiveChart } from "./chart-context.ts";
import { fill, h, settled } from "./dom.ts";

export interface ChartSearch {
  readonly element: HTMLElement;
  /** Searches these from now on; sections of `body` without a find are hidden. */
  over(charts: readonly LiveChart[], body: HTMLElement): void;
}

export function chartSearch(): ChartSearch {
  const input = h("input", {
    type: "search",
    class: "chart-search",
    "data-search": "",
    "aria-label": "Find charts",
    placeholder: "Find charts: words or /regex/",
    autocomplete: "off",
    spellcheck: "false",
  });
  const found = h("span", { class: "quiet", role: "status" });
  let charts: readonly LiveChart[] = [];
  let body: HTMLElement | undefined;

  function show(): void {
    let test: (words: string) => boolean;
    try {
      test = matcher(input.value);
    } catch (thrown) {
      fill(
        found,
        `not a regular expression: ${thrown instanceof Error ? thrown.message.replace(/^.*: /, "") : thrown}`,
      );
      return;
    }
    const searching = input.value.trim() !== "";
    let count = 0;
    for (const { element, words } of charts) {
      const fits = test(words);
      element.classList.toggle("not-found", !fits);
      if (fits) count++;
    }
    for (const section of body?.querySelectorAll<HTMLElement>(".section") ?? []) {
      const mine = [...section.querySelectorAll(".card")];
      section.classList.toggle("not-found", searching && mine.every((card) => card.classList.contains("not-found")));
      const fold = section.querySelector("details");
      if (searching && fold && mine.some((card) => !card.classList.contains("not-found"))) fold.open = true;
    }
    fill(found, searching && `${count} of ${charts.length} charts`);
  }

  input.addEventListener("input", settled(show, 80));
  return {
    element: h("span", { class: "finder" }, input, found),
    over(all, inside) {
      [charts, body] = [all, inside];
      show();
    },
  };
}

/** Whether words fit a search. Throws a SyntaxError for a broken regular expression. */
function matcher(search: string): (words: string) => boolean {
  const regex = /^\/(.*?)\/?$/.exec(search.trim())?.[1];
  if (regex !== undefined && regex !== "") {
    const pattern = new RegExp(regex, "i");
    return (words) => pattern.test(words);
  }
  const parts = search
    .toLowerCase()
    .split(/\s+/)
    .filter((part) => part !== "" && part !== "/");
  return (words) => parts.every((part) => words.toLowerCase().includes(part));
}
