/** What a run printed, as on the terminal. */
import { clockTime } from "../charts/format.ts";
import { askConsole } from "./api.ts";
import { fill, h } from "./dom.ts";

/** Shows the newest lines of a run in `place`, which stays at its end while it grows. */
export async function showConsole(place: HTMLElement, id: string): Promise<void> {
  const { lines } = await askConsole(id).catch(() => ({ lines: [] }));
  if (lines.length === 0)
    return fill(place, h("p", { class: "empty" }, "No console log: the sink json keeps one since 0.2.0."));
  const before = place.querySelector("pre");
  const atEnd = !before || before.scrollTop + before.clientHeight >= before.scrollHeight - 8;
  const log = h(
    "pre",
    { class: "console", tabindex: 0, role: "region", "aria-label": "Console log" },
    ...lines.flatMap(({ time, stream, text }) =>
      text
        .split("\n")
        .map((line, i) =>
          h(
            "div",
            { class: stream === "stderr" ? "warned" : "" },
            h("span", { class: "quiet" }, i === 0 ? clockTime(time) : " ".repeat(8)),
            ` ${line}`,
          ),
        ),
    ),
  );
  fill(place, log);
  log.scrollTop = atEnd ? log.scrollHeight : before.scrollTop;
}
