/** The commented config that `experiment init` writes and that lies at the root as `.experimentrc.example`. */
import { formatKeyPath } from "./key-path.ts";
import { expectation, type Key, listKeys, schemaAt } from "./keys.ts";
import { valueAt } from "./problems.ts";
import { configSchema } from "./schema.ts";
import { isPlainObject, pluginKeys } from "./shorthand.ts";

const width = 118;
const defaults = configSchema.parse({});

/** The text, made from the schema; `schemaFile` is where an editor finds the JSON Schema. */
export function exampleConfig(schemaFile: string): string {
  const keys = listKeys(configSchema);
  const top = keys.filter((key) => key.path.length === 1);
  const parts = top.map((key) => {
    const below = keys.filter(({ path }) => path.length > 1 && path[0] === key.path[0]);
    return [key, ...below].map(keyText).join("\n");
  });
  return `# yaml-language-server: $schema=${schemaFile}\n${introduction}\n${parts.join("\n\n")}\n`;
}

const introduction = `#
# The config of reluscope, in YAML (or JSON): every key with its default. What is left out keeps its default.
# Flags (--set train.lr=1e-3, --lr 1e-3) win over the environment (EXPERIMENT_TRAIN__LR=1e-3), which wins over this file.
# \`experiment config\` shows every value that holds and where it is from; \`experiment plugins\` what can be named.
# This file is found from its folder and those below. To start from another one, and change some keys of it:
# $import: ../shared/base.yaml
`;

/** What to say about plugins, by the key that chooses them. */
const pluginNotes: Readonly<Record<string, string>> = {
  "data.corpus": "`experiment plugins text` tells the options of one.",
  analyzers:
    "Short: `analyzers: [token-sparsity]`. An analyzer of your own is named by a path, `./my-analyzer.ts: { every: 10 }`, or by an npm package.",
  sinks:
    "Short: `sinks: [json, console]`. Keys named api_key, token, password or secret are never printed or recorded.",
};

/** Values for keys that are derived when they are left out: shown, but commented out. */
const derived: Readonly<Record<string, unknown>> = {
  name: "my-run",
  "engine.memory": 0.5,
  "data.eval_corpus": "{ text: { files: held-out.txt } }",
  "data.separator": JSON.stringify("<|endoftext|>"),
  "train.warmup_steps": defaults.train.warmup_steps,
};

/** The same for options of plugins whose default is the plugin's own. */
const pluginDefaults: Readonly<Record<string, unknown>> = { every: 10 };

function keyText(key: Key): string {
  const keyPath = formatKeyPath(key.path);
  const indent = "  ".repeat(key.path.length - 1);
  const name = key.path.at(-1) ?? "";
  const note = pluginNotes[keyPath] ?? "";
  const about = comment(`${key.description} ${note}${range(key)}`.trim(), indent);
  if (key.isSection) return `${about}\n${indent}${name}:`;
  if (keyPath in derived) return `${about}\n${indent}# ${name}: ${derived[keyPath]}`;
  const value = valueAt(defaults, key.path);
  if (value === undefined) return `${about}\n${indent}# ${name}:`;
  if (!pluginKeys.has(keyPath) || !isPlainObject(value)) return `${about}\n${indent}${name}: ${scalar(value)}`;
  return [about, `${indent}${name}:`, ...Object.entries(value).map(([plugin]) => pluginText(key, plugin))].join("\n");
}

function pluginText(key: Key, plugin: string): string {
  const indent = "  ".repeat(key.path.length);
  const options = listKeys(schemaAt(configSchema, [...key.path, plugin]) as typeof configSchema);
  if (options.length === 0) return `${indent}${plugin}: {}`;
  const lines = options.map((option) => {
    const { path, description } = option;
    const value = valueAt(defaults, [...key.path, plugin, ...path]);
    const said =
      value === undefined
        ? `# ${path.at(-1)}: ${pluginDefaults[path.at(-1) ?? ""]}`
        : `${path.at(-1)}: ${scalar(value)}`;
    return `${comment(`${description}${range(option)}`, `${indent}  `)}\n${indent}  ${said}`;
  });
  return `${indent}${plugin}:\n${lines.join("\n")}`;
}

/** What values a key may have, where its description does not say so. */
function range({ schema, path, isSection }: Key): string {
  const words = isSection || pluginKeys.has(formatKeyPath(path)) ? undefined : expectation(schema);
  return words === undefined ? "" : ` (${words})`;
}

/** A value in YAML, without quotes where they are not needed. */
function scalar(value: unknown): string {
  return typeof value === "string" && /^[a-z][\w./-]*$/i.test(value) ? value : JSON.stringify(value);
}

function comment(text: string, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line === undefined || indent.length + line.length + word.length + 3 > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.map((line) => `${indent}# ${line}`).join("\n");
}
