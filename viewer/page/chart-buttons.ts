/** What can be done with any chart: keep it at the top, look at it in full screen. */
import type { LiveChart } from "./chart-context.ts";
import { h } from "./dom.ts";
import { remember, remembered } from "./memory.ts";

/** Charts that were starred, by id; kept in this browser. */
export function starred(): readonly string[] {
  return (remembered("starred") ?? "").split("\n").filter((id) => id !== "");
}

/** Puts the buttons into a card. `changed` is called when a star was. */
export function addButtons({ element, id, title }: LiveChart, changed: () => void): void {
  const place = element.querySelector(".card-buttons");
  const isStarred = starred().includes(id);
  const star = h(
    "button",
    {
      type: "button",
      class: "bare",
      "aria-pressed": String(isStarred),
      "aria-label": `Pin ${title}`,
      title: "Pin to the top",
      onclick: () => {
        const before = starred();
        remember("starred", (before.includes(id) ? before.filter((one) => one !== id) : [...before, id]).join("\n"));
        changed();
      },
    },
    isStarred ? "★" : "☆",
  );
  const full = h(
    "button",
    {
      type: "button",
      class: "bare",
      "aria-label": `${title} in full screen`,
      title: "Full screen (Esc leaves)",
      onclick: () => toggleFull(element),
    },
    h("span", { class: "full-icon" }),
  );
  place?.replaceChildren(star, full);
}

function toggleFull(element: HTMLElement): void {
  const open = !element.classList.contains("full");
  for (const other of document.querySelectorAll(".card.full")) other.classList.remove("full");
  element.classList.toggle("full", open);
  document.body.classList.toggle("has-full", open);
}

document.addEventListener("keydown", (event) => {
  const open = document.querySelector<HTMLElement>(".card.full");
  if (event.key === "Escape" && open) toggleFull(open);
});
