/** The parts of a metric's key: `token_sparsity/use_token/layer_0`. */
export interface MetricKey {
  /** Before the first slash. */
  readonly section: string;
  /** What remains without section and layer. */
  readonly metric: string;
  /** null where the metric is one number for the whole model. */
  readonly layer: number | null;
}

/** Takes a key apart. */
export function parseKey(key: string): MetricKey {
  const slash = key.indexOf("/");
  const section = slash < 0 ? "" : key.slice(0, slash);
  const rest = key.slice(slash + 1);
  const layer = /^(.*)\/layer_(\d+)$/.exec(rest);
  return layer ? { section, metric: layer[1]!, layer: Number(layer[2]) } : { section, metric: rest, layer: null };
}

/** A key without its layer: what `MetricInfo.key` holds. */
export function familyOf(key: string): string {
  return key.replace(/\/layer_\d+$/, "");
}

/** Keys by family, layers in order, families in order of first appearance. */
export function families(keys: Iterable<string>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const key of keys) {
    const family = familyOf(key);
    const list = found.get(family);
    if (list) list.push(key);
    else found.set(family, [key]);
  }
  for (const list of found.values()) list.sort((a, b) => (parseKey(a).layer ?? -1) - (parseKey(b).layer ?? -1));
  return found;
}

/** The keys that a chart wants: its section's, and of these only the named metrics. */
export function keysOf(chart: { section: string; only?: readonly string[] }, keys: Iterable<string>): string[] {
  return [...keys].filter((key) => {
    const { section, metric } = parseKey(key);
    return section === chart.section && (chart.only === undefined || chart.only.includes(metric));
  });
}

/** A metric's name without its section, as a person reads it. */
export function wordsOf(key: string): string {
  return key.slice(key.indexOf("/") + 1).replaceAll("_", " ");
}

/** Whether a metric's description says that it is of each unit: what tells a table of units from one that is as wide by chance. */
export function saysEachUnit(description: string): boolean {
  return /\beach (unit|neuron)\b/i.test(description);
}
