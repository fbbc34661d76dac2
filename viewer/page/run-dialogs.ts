/** What can be done to runs: named, tagged and noted, put aside, moved to the trash, taken back. Each asks before it changes anything. */
import type { RunSummary } from "../api.ts";
import type { Session } from "../edits.ts";
import { sendLabels, sendRestore, sendToTrash } from "./api.ts";
import { announce, fill, h } from "./dom.ts";

/** A dialog that is gone when it is closed. `submit` may throw what to say. */
function dialog(title: string, content: readonly HTMLElement[], action: string, submit: () => Promise<void>): void {
  const trouble = h("p", { class: "problem", role: "alert" });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", {}, title),
    ...content,
    trouble,
    h(
      "div",
      { class: "dialog-buttons" },
      h("button", { type: "button", onclick: () => box.close() }, "Cancel"),
      h("button", { class: "primary" }, action),
    ),
  );
  const box = h("dialog", { class: "keys run-dialog", "aria-label": title }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit().then(
      () => box.close(),
      (thrown: unknown) => fill(trouble, thrown instanceof Error ? thrown.message : String(thrown)),
    );
  });
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}

/** Asks for name, tags and note of one run. */
export function labelDialog(run: RunSummary, key: string, done: () => void): void {
  const name = h("input", {
    type: "text",
    value: run.ownName === undefined ? "" : run.name,
    placeholder: run.ownName ?? run.name,
    maxlength: 128,
    id: "label-name",
  });
  const tags = h("input", {
    type: "text",
    value: run.tags.join(", "),
    placeholder: "baseline, paper",
    id: "label-tags",
  });
  const note = h("textarea", { rows: 5, id: "label-note", maxlength: 20000 });
  note.value = run.note;
  const field = (text: string, input: HTMLElement) => h("label", { class: "field", for: input.id }, text, input);
  dialog(
    run.name,
    [field("Name to show", name), field("Tags, by commas", tags), field("Note", note)],
    "Save",
    async () => {
      await sendLabels(key, run.id, { name: name.value.trim(), tags: listOf(tags.value), note: note.value });
      done();
    },
  );
}

/** Asks for tags to add to several runs. */
export function tagDialog(runs: readonly RunSummary[], key: string, done: () => void): void {
  const tags = h("input", { type: "text", placeholder: "baseline, paper", id: "label-tags", required: true });
  dialog(
    `Tag ${runs.length} runs`,
    [h("label", { class: "field", for: "label-tags" }, "Tags to add, by commas", tags)],
    "Add",
    async () => {
      for (const run of runs) await sendLabels(key, run.id, { tags: [...run.tags, ...listOf(tags.value)] });
      done();
    },
  );
}

/** Puts runs aside, or back; nothing is lost by it, so nothing is asked. */
export async function archive(
  runs: readonly RunSummary[],
  archived: boolean,
  key: string,
  done: () => void,
): Promise<void> {
  for (const { id } of runs) await sendLabels(key, id, { archived });
  announce(`${runs.length} ${archived ? "archived" : "back from the archive"}`);
  done();
}

/** Asks whether runs are to be moved to the trash. */
export function trashDialog(runs: readonly RunSummary[], key: string, done: () => void): void {
  const names = runs.slice(0, 8).map(({ name, id }) => h("li", {}, name === id ? id : `${name} (${id})`));
  const left = runs.length - names.length;
  const what = runs.length === 1 ? "this run" : `these ${runs.length} runs`;
  const words = h(
    "p",
    {},
    "They stay whole in the folder .trash and can be taken back here, or by ",
    h("code", {}, "experiment restore"),
    ".",
  );
  dialog(
    `Move ${what} to the trash?`,
    [h("ul", {}, ...names, left > 0 && h("li", {}, `and ${left} more`)), words],
    "Move to the trash",
    async () => {
      for (const { id } of runs) await sendToTrash(key, id);
      done();
    },
  );
}

/** Lists what is in the trash, each with a way back. */
export function trashList({ trash, key = "" }: Session, done: () => void): void {
  const list = h("ul", { class: "trash" });
  fill(
    list,
    ...trash.map((id) => {
      const button = h("button", { type: "button" }, "Take back");
      button.addEventListener("click", () => {
        sendRestore(key, id).then(
          () => {
            button.closest("li")?.remove();
            done();
          },
          (thrown: unknown) => fill(button, thrown instanceof Error ? thrown.message : String(thrown)),
        );
      });
      return h("li", {}, h("span", {}, id), button);
    }),
  );
  dialog("Trash", [list], "Done", async () => {});
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}
