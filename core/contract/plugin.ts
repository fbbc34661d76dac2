/**
 * THE CONTRACT between reluscope and its plugins is this folder. Read it first: analyzer, sink and corpus are the kinds of
 * plugin; sites, run and chart are what they share.
 *
 * A plugin is a plain object made by `defineAnalyzer`, `defineSink` or `defineCorpus`. Its state lives in the closure of
 * `setup`; there is no base class and no `this`. Built-in plugins and yours are resolved the same way.
 */
import type { Analyzer } from "./analyzer.ts";
import type { Corpus } from "./corpus.ts";
import type { Sink } from "./sink.ts";

export type Plugin = Analyzer | Sink | Corpus;
export type PluginKind = Plugin["kind"];
