/** Errors of config files and flags beyond a wrong key or value. Part of errors.ts, which exports them. */
import { ExperimentError, shown } from "./experiment-error.ts";
import { nearest } from "./nearest.ts";

export function unknownParameter(where: string, name: string, known: readonly string[]): ExperimentError {
  const last = (text: string) => text.replace(/\.$/, "").split(".").at(-1)?.replaceAll("_", "").toLowerCase();
  const near = nearest(name.replace(/\.$/, ""), known) ?? known.find((one) => last(one) === last(name));
  const hint = near === undefined ? `Names begin with ${beginnings(known)}.` : `Did you mean \`${near}\`?`;
  return new ExperimentError("config.invalid", `${where}: no parameter is named ${shown(name)}. ${hint}`);
}

/** A key that a resume would change and that must stay as it was. */
export function keptKey(keyPath: string, resumable: readonly string[]): ExperimentError {
  const may = resumable.map((key) => (key.endsWith(".") ? `${key}*` : key)).join(", ");
  const message = `--set ${keyPath}: a resumed run keeps it as it was. May change: ${may}; and --steps N. For anything else start a new run.`;
  return new ExperimentError("usage", message);
}

export function badSteps(got: number, done: number): ExperimentError {
  return new ExperimentError(
    "usage",
    `--steps: expected more than the ${done} steps that the run has done, got \`${got}\`.`,
  );
}

export function severalDocuments(file: string): ExperimentError {
  const message = `${file}: expected one YAML document, got several, parted by \`---\`. Keep one, or make each a file of its own: \`$import\` joins files.`;
  return new ExperimentError("config.invalid", message);
}

/** `files` lie in one folder and would each be found. */
export function severalConfigs(folder: string, files: readonly string[]): ExperimentError {
  const message = `${folder}: expected one config file, got ${files.join(" and ")}. Keep one, or name one with --config.`;
  return new ExperimentError("config.invalid", message);
}

/** What a number with a decimal comma inside { } comes to in YAML. */
export function decimalComma(where: string, key: string): ExperimentError {
  const message = `${where}: unknown key ${shown(key)}, without a value. A decimal comma? YAML takes \`0,${key}\` for two entries: write \`0.${key}\`.`;
  return new ExperimentError("config.invalid", message);
}

/** A flag that wants a whole number. */
export function notACount(flag: string, got: string, least: number, most: number): ExperimentError {
  const bounds = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `>= ${least}`;
  return new ExperimentError("usage", `--${flag}: expected a whole number ${bounds}, got ${shown(got)}.`);
}

export function unknownReportFormat(file: string, known: readonly string[]): ExperimentError {
  const endings = known.map((one) => `.${one}`).join(", ");
  return new ExperimentError(
    "usage",
    `--output: expected a file that ends with ${endings}, got ${shown(file)}. --format writes one of these under any name.`,
  );
}

export function unknownTokenizer(got: string, known: readonly string[]): ExperimentError {
  const message = `--tokenizer: expected ${known.join(", ")}, or the folder of a model with its tokenizer, got ${shown(got)}, which is not there.`;
  return new ExperimentError("usage", message);
}

/** `replaceable`: whether it is of a kind that --force may replace. */
export function outputExists(file: string, replaceable = true): ExperimentError {
  const remedy = replaceable ? ", or replace it with --force" : ": this one is not of `experiment tokenize`";
  return new ExperimentError("usage", `${file} is here already. Name another with -o${remedy}.`);
}

export function badOutput(flag: string, ending: string, got: string): ExperimentError {
  return new ExperimentError("usage", `${flag}: expected a file that ends with ${ending}, got ${shown(got)}.`);
}

function beginnings(names: readonly string[]): string {
  return [...new Set(names.map((name) => name.split(".")[0]))].join(", ");
}
