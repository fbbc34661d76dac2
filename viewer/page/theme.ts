/** Light or dark: as the system says, until someone chooses. */
import type { Theme } from "../charts/palette.ts";
import { h } from "./dom.ts";
import { remember, remembered } from "./memory.ts";

const system = matchMedia("(prefers-color-scheme: dark)");
let chosen = remembered("theme") as Theme | undefined;

/** The theme that holds now. */
export function theme(): Theme {
  return chosen === "light" || chosen === "dark" ? chosen : system.matches ? "dark" : "light";
}

function apply(): void {
  document.documentElement.dataset.theme = theme();
  document.dispatchEvent(new Event("themechange"));
}

/** The button that changes it. */
export function themeButton(): HTMLElement {
  const button = h("button", { type: "button", class: "bare" });
  const label = () => {
    const other = theme() === "dark" ? "light" : "dark";
    button.textContent = theme() === "dark" ? "☀" : "☾";
    button.setAttribute("aria-label", `Use ${other} colours`);
    button.title = `Use ${other} colours (t)`;
  };
  button.addEventListener("click", toggleTheme);
  document.addEventListener("themechange", label);
  label();
  return button;
}

export function toggleTheme(): void {
  chosen = theme() === "dark" ? "light" : "dark";
  remember("theme", chosen);
  apply();
}

system.addEventListener("change", apply);
apply();
