/** `reluscope/testing`: checks for plugins, to be called from a test in any framework; each throws what is wrong. */
export { checkAnalyzer } from "./analyzer.ts";
export { checkCorpus } from "./corpus.ts";
export { checkSink } from "./sink.ts";
