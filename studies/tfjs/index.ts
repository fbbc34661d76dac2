/** `reluscope/tfjs`: analyzers over models that TensorFlow.js trains without our trainer. */
export { type Look, type ObserveOptions, observe, type Watcher } from "./observe.ts";
export { type WatchCallbacks, type WatchOptions, watch } from "./watch.ts";
