/** A published model, open on the config's corpus in its own tokens. */
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { deepFreeze } from "../../core/config/deep-freeze.ts";
import type { LoadedConfig } from "../../core/config/load.ts";
import type { Model } from "../../core/contract/model.ts";
import { hasTokenizer, loadHubTokenizer } from "../../core/data/tokenizers/hub.ts";
import { contextTooLong, noNextText } from "../../core/errors/errors.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { choosePlugins, only } from "../../core/host/resolve.ts";
import { type OpenRequest, type OpenRun, openRun } from "../../core/run/open.ts";
import type { Found } from "./find.ts";
import { type Architecture, architectureOf } from "./hub.ts";
import { bytesPerToken, tokenizedCorpus, vocabularyOf } from "./text.ts";

/** Positions of a look where the config does not say. */
const defaultContext = 128;

/** A published model that is open. */
interface PublishedModel {
  readonly open: OpenRun;
  readonly architecture: Architecture;
  readonly leading: readonly number[];
  readonly bytesPerToken: number | undefined;
  readonly tokensPerStep: number;
}

/** Opens it; architecture and tokenizer are those of the last folder. */
export async function openPublished(
  found: readonly Found[],
  loaded: LoadedConfig,
  plugins: PluginTable,
  request: Pick<OpenRequest, "phase" | "recorded" | "acceptChangedCorpus">,
): Promise<PublishedModel> {
  const { observe, model } = loaded.config;
  if (observe.text === "next") throw noNextText();
  const named = await choosePlugins({ ...loaded, config: { ...loaded.config, analyzers: {}, sinks: {} } }, plugins);
  const candidates = named.model.map(({ plugin }): Model => plugin);
  const last = found.at(-1)!;
  const architecture = await architectureOf(last.path, plugins, candidates);
  const sizes = architecture.published.sizes(architecture.options);
  const asked = loaded.sources["model.n_ctx"] === "default" ? undefined : model.n_ctx;
  if (asked !== undefined && asked > sizes.n_ctx) throw contextTooLong(asked, sizes.n_ctx);
  const n_ctx = asked ?? Math.min(defaultContext, sizes.n_ctx);

  const complete = withModel(loaded, architecture, { ...sizes, n_ctx }, last.path);
  const chosen = await choosePlugins(complete, plugins);
  const corpus = only(chosen.corpus);
  const folders = observe.tokenizer === "" ? [last.path, dirname(last.path)] : [observe.tokenizer];
  const folder =
    folders.map((one) => resolve(loaded.baseDir, one)).find(hasTokenizer) ?? resolve(loaded.baseDir, folders[0]!);
  const needed = corpus.plugin.name !== "tokens";
  const tokenizer = needed ? await loadHubTokenizer(folder) : undefined;
  const text = tokenizer && tokenizedCorpus(corpus.plugin, tokenizer, sizes.d_vocab);
  const open = await openRun({
    ...request,
    loaded: complete,
    chosen: text ? { ...chosen, corpus: [{ ...corpus, plugin: text }] } : chosen,
  });
  const vocabulary = tokenizer && (() => vocabularyOf(tokenizer, sizes.d_vocab));
  return {
    open: { ...open, dataset: { ...open.dataset, ...(vocabulary && { vocabulary }) } },
    architecture,
    leading: tokenizer?.leading ?? [],
    bytesPerToken: tokenizer && bytesPerToken(open.held.targets, tokenizer),
    tokensPerStep: observe.tokens_per_step,
  };
}

type Sizes = Omit<ReturnType<Architecture["published"]["sizes"]>, "d_vocab">;

/** The config with the model that the folder holds. */
function withModel(
  loaded: LoadedConfig,
  { plugin, options }: Architecture,
  { n_layers, d_model, n_heads, d_mlp, n_ctx }: Sizes,
  path: string,
): LoadedConfig {
  const source = `${shownPath(path, loaded.baseDir)}/config.json`;
  const sizes = { n_layers, d_model, n_heads, d_mlp, n_ctx };
  const name = Object.keys(loaded.config.model.architecture).find((key) => key === plugin.name) ?? plugin.name;
  const config = deepFreeze({
    ...loaded.config,
    model: { ...loaded.config.model, ...sizes, architecture: { [name]: options as Record<string, unknown> } },
  });
  const from = Object.keys(sizes).map((key) => [`model.${key}`, source] as const);
  return { ...loaded, config, sources: { ...loaded.sources, ...Object.fromEntries(from) } };
}

function shownPath(path: string, baseDir: string): string {
  const from = relative(baseDir, path);
  return from === "" || from.startsWith("..") || isAbsolute(from) ? path : from;
}
