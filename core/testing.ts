/** `reluscope/testing`: checks for plugins, to be called from a test in any framework; each throws what is wrong. */
export { checkAnalyzer } from "./testing/analyzer.ts";
export { checkCorpus } from "./testing/corpus.ts";
export { checkSink } from "./testing/sink.ts";
