/** Keys of the config as W&B's agent passes them, for the commands that take a config. */
import { shortFlags } from "../core/config/short-flags.ts";

const takesConfig: ReadonlySet<string> = new Set(["train", "config", "sweep"]);
/** Keys at the top of the config, whose values may be maps: a sweep's nested parameters. */
export const topKeys = [
  ...["name", "seed", "runs", "engine", "model", "data", "train", "eval", "observe"],
  ...["checkpoint", "analyzers", "sinks"],
] as const;
const key = `(?:[A-Za-z_]\\w*(?:\\.[\\w-]+|\\["[^"]*"\\])+|${topKeys.join("|")})`;
const assignment = new RegExp(`^${key}=`);
const flag = new RegExp(`^--(${key})(=.*)?$`, "s");

/**
 * The same command line with `--set` for each of `--train.lr=0.1`, `--train.lr 0.1`, `train.lr=0.1`, `--model.bias` (true), and
 * for each key of a JSON object: `${args}`, `${args_no_equals}`, `${args_no_hyphens}`, `${args_no_boolean_flags}`, `${args_json}`.
 */
export function withAgentFlags(argv: readonly string[]): string[] {
  if (!takesConfig.has(argv[0] ?? "")) return [...argv];
  const given: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    const [, name, value] = keyFlag(word) ?? [];
    const isValue = /^-[^=]*$/.test(argv[i - 1] ?? "") && keyFlag(argv[i - 1] ?? "") === undefined;
    const json = isValue ? undefined : objectIn(word);
    if (name !== undefined && value !== undefined) given.push("--set", name + value);
    else if (name !== undefined) given.push("--set", `${name}=${isFlag(argv[i + 1]) ? "true" : argv[++i]}`);
    else if (json !== undefined)
      given.push(...Object.entries(json).flatMap(([at, one]) => ["--set", `${at}=${textOf(one)}`]));
    else if (assignment.test(word) && !isValue) given.push("--set", word);
    else given.push(word);
  }
  return given;
}

/** A flag that is a key of the config; those that commands have of their own are not. */
function keyFlag(word: string): RegExpExecArray | undefined {
  const found = flag.exec(word);
  return found === null || Object.hasOwn(shortFlags, found[1]!) ? undefined : found;
}

/** Whether a word is no value: the next flag, or nothing at all. */
function isFlag(word: string | undefined): boolean {
  return word === undefined || /^--?[A-Za-z]/.test(word);
}

function objectIn(word: string): object | undefined {
  if (!word.startsWith("{")) return undefined;
  try {
    return JSON.parse(word) as object;
  } catch {
    return undefined;
  }
}

/** A text stays as it is, which is how the config reads it from a command line. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
