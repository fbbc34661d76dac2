import { join } from "node:path";
import { type Proxies, proxiesFrom } from "../http/proxies.ts";
import type { ResumeMode } from "../log/progress.ts";
import type { IdentityFiles } from "./access-token.ts";
import { readIni } from "./ini.ts";
import { type Login, loginFor } from "./login.ts";
import { askedMode, type Mode, ownMode } from "./mode.ts";
import type { WandbOptions } from "./options.ts";
import type { Surroundings } from "./surroundings.ts";
import { checkedBaseUrl, checkedProject, checkedResume, checkedRunId, checkedTags } from "./validation.ts";

/** What holds for a run, from defaults, settings files, WANDB_* variables and options, the later over the earlier. */
export interface Settings {
  readonly mode: Mode;
  /** Whether the user's own variables or settings files, apart from any config, say that W&B is not to be used. */
  readonly banned: boolean;
  /** One line for the user where the mode is not what they may expect. */
  readonly hint: string | undefined;
  readonly baseUrl: string;
  readonly appUrl: string;
  /** Never printed, never written. */
  readonly key: string | undefined;
  /** How to log in without a key. */
  readonly identity: IdentityFiles | undefined;
  readonly proxies: Proxies | undefined;
  readonly resume: ResumeMode | undefined;
  /** Where `resume: auto` keeps the id of the run that has not finished. */
  readonly resumeFile: string;
  /** The folder that gets `wandb/`; undefined leaves it to the run's directory. */
  readonly dir: string | undefined;
  /** Undefined leaves it to the run. */
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly entity: string;
  readonly project: string;
  readonly group: string;
  readonly jobType: string;
  /** The sweep whose agent started this process. */
  readonly sweepId: string;
  readonly notes: string;
  readonly tags: readonly string[];
}

/** Settings by W&B's own names to the variable that sets them. */
const variables = {
  base_url: "WANDB_BASE_URL",
  app_url: "WANDB_APP_URL",
  root_dir: "WANDB_DIR",
  run_id: "WANDB_RUN_ID",
  run_name: "WANDB_NAME",
  entity: "WANDB_ENTITY",
  project: "WANDB_PROJECT",
  run_group: "WANDB_RUN_GROUP",
  run_job_type: "WANDB_JOB_TYPE",
  sweep_id: "WANDB_SWEEP_ID",
  run_notes: "WANDB_NOTES",
  run_tags: "WANDB_TAGS",
  http_proxy: "WANDB_HTTP_PROXY",
  https_proxy: "WANDB_HTTPS_PROXY",
  credentials_file: "WANDB_CREDENTIALS_FILE",
  resume: "WANDB_RESUME",
} as const;

type Name = keyof typeof variables;

/** Reads all sources. Throws `config.invalid` for a value that W&B would refuse. */
export function resolveSettings(options: Partial<WandbOptions>, around: Surroundings): Settings {
  const { env } = around;
  const given: Partial<Record<Name, string | undefined>> = {
    base_url: options.base_url,
    root_dir: options.dir,
    run_id: options.id,
    run_name: options.name,
    entity: options.entity,
    project: options.project,
    run_group: options.group,
    run_job_type: options.job_type,
    run_notes: options.notes,
    run_tags: options.tags?.join(","),
    resume: options.resume,
  };
  const paths = [workspaceFile(around), globalFile(around)];
  const files = paths.map((path) => readIni(around.readText(path) ?? ""));
  const sources = { option: options.mode, env, files: files.map((entries, i) => ({ path: paths[i]!, entries })) };
  const setting = (name: Name): string | undefined =>
    [given[name], env[variables[name]], ...files.map((file) => file[name])].find(
      (value) => value !== undefined && value !== "",
    );

  const baseUrl = checkedBaseUrl(setting("base_url") ?? "https://api.wandb.ai");
  const login = loginFor(baseUrl, around, {
    key: files.find((file) => file.api_key)?.api_key,
    credentialsFile: setting("credentials_file"),
  });
  const tags = options.tags ?? (setting("run_tags") ?? "").split(",").map((tag) => tag.trim());
  return {
    ...modeOf(askedMode(sources), login),
    banned: ownMode(sources) === "disabled",
    baseUrl,
    appUrl: (setting("app_url") ?? appUrlOf(baseUrl)).replace(/\/+$/, ""),
    key: typeof login === "string" ? login : undefined,
    identity: typeof login === "object" ? login : undefined,
    proxies: proxiesFrom(env, setting),
    resume: checkedResume(setting("resume")),
    resumeFile: join(setting("root_dir") ?? around.cwd, "wandb", "wandb-resume.json"),
    dir: setting("root_dir"),
    id: checkedRunId(setting("run_id")),
    name: setting("run_name"),
    entity: setting("entity") ?? "",
    project: checkedProject(setting("project") ?? "reluscope"),
    group: setting("run_group") ?? "",
    jobType: setting("run_job_type") ?? "",
    sweepId: setting("sweep_id") ?? "",
    notes: setting("run_notes") ?? "",
    tags: checkedTags(tags.filter((tag) => tag !== "" || options.tags !== undefined)),
  };
}

function modeOf(asked: Mode | undefined, login: Login | undefined): Pick<Settings, "mode" | "hint"> {
  const mode = asked ?? "online";
  if (mode !== "online" || login !== undefined) return { mode, hint: undefined };
  const hint = "W&B: no API key, so the run is logged offline. Set WANDB_API_KEY, or run `wandb login`, to stream it.";
  return { mode: "offline", hint };
}

function globalFile({ env, home }: Surroundings): string {
  return join(env.WANDB_CONFIG_DIR || join(home, ".config", "wandb"), "settings");
}

function workspaceFile({ env, cwd }: Surroundings): string {
  return join(env.WANDB_DIR || cwd, "wandb", "settings");
}

/** Where people look at runs: the API's address without `api.`, for servers elsewhere with `app.` in its place. */
function appUrlOf(baseUrl: string): string {
  return baseUrl.replace("://api.wandb.", "://wandb.").replace("://api.", "://app.");
}
