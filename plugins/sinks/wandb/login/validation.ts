import { invalidValue } from "../../../../core/errors/errors.ts";
import { type ResumeMode, resumeModes } from "../log/progress.ts";

/** An http(s) address without a trailing slash; W&B's own hosts only as `https://api.…`. */
export function checkedBaseUrl(text: string): string {
  const where = "sinks.wandb.base_url";
  if (!URL.canParse(text)) throw invalidValue(where, "an address that starts with https://", text);
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw invalidValue(where, "an http or https address", text);
  if (url.username !== "" || url.password !== "") {
    throw invalidValue(where, "an address without user and password; keys come from WANDB_API_KEY or netrc", url.host);
  }
  const own = url.hostname === "wandb.ai" || url.hostname.endsWith(".wandb.ai");
  if (own && (!url.hostname.includes("api.") || url.protocol !== "https:")) {
    throw invalidValue(where, "https://api.wandb.ai for W&B's own server", text);
  }
  return text.replace(/\/+$/, "");
}

export function checkedProject(text: string): string {
  if (text.length > 128 || /[/\\#?%:]/.test(text)) {
    throw invalidValue("sinks.wandb.project", "at most 128 characters, none of `/\\#?%:`", text);
  }
  return text;
}

export function checkedResume(text: string | undefined): ResumeMode | undefined {
  const mode = resumeModes.find((one) => one === text?.toLowerCase());
  if (text !== undefined && mode === undefined) {
    throw invalidValue("sinks.wandb.resume", `one of ${resumeModes.join(", ")}`, text);
  }
  return mode;
}

export function checkedTags(tags: readonly string[]): readonly string[] {
  const wrong = tags.find((tag) => tag.length < 1 || tag.length > 64);
  if (wrong !== undefined) throw invalidValue("sinks.wandb.tags", "tags of 1 to 64 characters", wrong);
  return tags;
}

export function checkedRunId(id: string | undefined): string | undefined {
  if (id !== undefined && !isRunId(id)) {
    throw invalidValue("sinks.wandb.id", "1 to 128 characters, none of `:;,#?/'`, no blank at either end", id);
  }
  return id;
}

/** A W&B run id made of ours: the same where W&B takes it. */
export function runIdFrom(id: string): string {
  return isRunId(id) && isFileName(id)
    ? id
    : id
        .replace(/[^\w.-]+/g, "-")
        .replace(/^[-.]+/, "")
        .slice(0, 128) || "run";
}

/** Whether W&B takes it for the id of a run. */
export function isRunId(id: string): boolean {
  return id.length > 0 && id.length <= 128 && id.trim() === id && !/[:;,#?/'\u0000-\u001f]/.test(id);
}

/** The id becomes part of a file's name. */
function isFileName(id: string): boolean {
  return /^[\w][\w .-]*$/.test(id);
}
