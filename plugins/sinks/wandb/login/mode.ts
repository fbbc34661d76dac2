/** Whether a run is sent anywhere. What cannot be understood stops the run before anything is. */
import { invalidValue } from "../../../../core/errors/errors.ts";

export type Mode = "online" | "offline" | "disabled";

/** W&B's own words for the three. */
const modes: Readonly<Record<string, Mode>> = {
  online: "online",
  run: "online",
  shared: "online",
  offline: "offline",
  dryrun: "offline",
  disabled: "disabled",
};

const yes = ["true", "1", "yes", "on"];
const no = ["false", "0", "no", "off"];

/** Least sent first. */
const order: readonly Mode[] = ["disabled", "offline", "online"];

/** The places that may say it. */
export interface ModeSources {
  /** What the config says, which may be the recorded one of someone else's run. */
  readonly option: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Settings files: where each is, and its entries. */
  readonly files: readonly { readonly path: string; readonly entries: Readonly<Record<string, string>> }[];
}

/**
 * The mode that is asked for; undefined where nobody asks. Of the config and the user's own variables or files, the one that sends
 * less. Throws `config.invalid` for a word that W&B does not have.
 */
export function askedMode({ option, ...own }: ModeSources): Mode | undefined {
  const asked = [option ? modeNamed(option, "sinks.wandb.mode") : undefined, ownMode(own)];
  return order.find((mode) => asked.includes(mode));
}

/** What variables or settings files say, those that win first. */
export function ownMode({ env, files }: Omit<ModeSources, "option">): Mode | undefined {
  // As Hugging Face's trainer and older clients of W&B have it; it wins over WANDB_MODE, being the safer of the two.
  if (env.WANDB_DISABLED && isYes(env.WANDB_DISABLED, "WANDB_DISABLED")) return "disabled";
  if (env.WANDB_MODE) return modeNamed(env.WANDB_MODE, "WANDB_MODE");
  for (const { path, entries } of files) {
    if (entries.mode) return modeNamed(entries.mode, `${path}: mode`);
    // What `wandb offline` writes.
    if (entries.disabled && isYes(entries.disabled, `${path}: disabled`)) return "offline";
  }
  return undefined;
}

function modeNamed(text: string, where: string): Mode {
  const word = text.trim().toLowerCase();
  if (Object.hasOwn(modes, word)) return modes[word]!;
  throw invalidValue(where, "online, offline or disabled", text);
}

function isYes(text: string, where: string): boolean {
  const word = text.trim().toLowerCase();
  if (![...yes, ...no].includes(word)) throw invalidValue(where, "true or false", text);
  return yes.includes(word);
}
