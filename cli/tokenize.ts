/** `experiment tokenize CORPUS`: a corpus of text as files of token ids. */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { loadConfig } from "../core/config/load.ts";
import { loadDocuments } from "../core/data/loaded.ts";
import { type TokenizedFiles, tokenizeToFiles } from "../core/data/tokenize/tokenize.ts";
import { badOutput } from "../core/errors/errors.ts";
import type { PluginTable } from "../core/host/registry.ts";
import { choosePlugins, only } from "../core/host/resolve.ts";
import type { LoadPlugins } from "./command.ts";
import { bar, createStatusLine } from "./status-line.ts";
import { sanitise } from "./terminal.ts";

interface Arguments {
  corpus: string[];
  tokenizer: string;
  output: string;
  shardTokens: number;
  threads: number;
  force: boolean;
  config: string | undefined;
  set: string[];
  json: boolean;
}

export async function tokenizeCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  const { tokenizer, shardTokens, threads, force } = args;
  if (!/[^/\\]\.bin$/i.test(args.output)) throw badOutput("--output", ".bin", args.output);
  const table = await plugins();
  const flags = { set: args.set, short: { "data.corpus": choiceOf(args.corpus, table) } };
  const loaded = await loadConfig({ cwd: process.cwd(), env: process.env, file: args.config, flags });
  const chosen = only((await choosePlugins(loaded, table)).corpus);
  const line = createStatusLine(process.stderr);
  const controller = new AbortController();
  const stop = () => controller.abort(new Error("interrupted"));
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, stop);
  try {
    line.draw(`reading corpus ${sanitise(chosen.name)} …`);
    const corpus = await loadDocuments(chosen, loaded.baseDir);
    const output = resolve(args.output);
    const progress = (done: number, total: number, tokens: number) =>
      line.draw(`${bar(done, total)} ${Math.floor((100 * done) / total)} %, ${tokens.toLocaleString("en")} tokens`);
    const request = { corpus, name: chosen.name, tokenizer, output, shardTokens, threads, force, progress };
    const written = await tokenizeToFiles({ ...request, signal: controller.signal });
    line.clear();
    for (const note of written.notes) line.print(note);
    console.log(args.json ? JSON.stringify(written, null, 2) : told(written));
  } catch (thrown) {
    line.clear();
    if (!controller.signal.aborted) throw thrown;
    line.print("interrupted: nothing was written.");
    process.exitCode = 130;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

/** The name of a corpus, or what the corpus `text` is to read; undefined leaves it to the config. */
function choiceOf(named: readonly string[], { corpus }: PluginTable): unknown {
  const [first] = named;
  if (first === undefined) return undefined;
  const isFiles = named.length > 1 || existsSync(first) || /[*?[{/\\.]/.test(first);
  const isPlugin = named.length === 1 && (Object.hasOwn(corpus, first) || /\.[cm]?[jt]s$/.test(first));
  return isFiles && !isPlugin ? { text: { files: named.map((name) => resolve(name)) } } : first;
}

function told({ files, tokens, documents, d_vocab, dtype, separator, tokenizer }: TokenizedFiles): string {
  const names = files.map((file) => sanitise(basename(file)));
  const shards = names.slice(0, -1);
  const which = shards.length > 3 ? `${shards[0]} … ${shards.at(-1)}` : shards.join(", ");
  const ends = separator === null ? "no separator" : `documents end with ${separator}`;
  const whole = (count: number) => count.toLocaleString("en");
  return `Wrote ${which} and ${names.at(-1)}: ${whole(tokens)} tokens of ${whole(documents)} documents
${sanitise(tokenizer)}, d_vocab ${d_vocab}, ${dtype}, ${ends}

Next: data: { corpus: { tokens: { files: ${shards.length > 1 ? `"${shards[0]!.replace(/\d{5}\.bin$/, "*.bin")}"` : shards[0]} } } }`;
}
