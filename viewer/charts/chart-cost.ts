/** What a chart's spec would make out of nothing: a few bytes of one can ask for hundreds of millions of values. */

/** Values that a spec may make: more than a screen has columns. */
const mostMade = 10_000;
/** Maps within each other; no chart that people write comes near. */
const deepest = 64;

/** Parameters of Vega-Lite that say how many of something are made (vega.github.io/vega-lite/docs). */
const counts = new Set(["maxbins", "steps", "minsteps", "maxsteps", "tickCount", "resolution", "columns"]);
/** Functions of Vega expressions that make as much as they are asked for. */
const makers = /\b(sequence|pad|repeat)\s*\(/;

/** What is too much in a spec, in a few words; undefined where nothing is. */
export function tooMuch(value: unknown, key = "spec", depth = 0): string | undefined {
  if (depth > deepest) return `more than ${deepest} maps within each other`;
  if (typeof value === "number") {
    return counts.has(key) && !(value <= mostMade) ? `\`${key}\` asks for ${value} values` : undefined;
  }
  if (typeof value === "string") {
    const maker = makers.exec(value)?.[1];
    return maker === undefined || isText(key) ? undefined : `\`${key}\` calls ${maker}()`;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { start = 0, stop, step = 1 } = value as { start?: unknown; stop?: unknown; step?: unknown };
  if (stop !== undefined && !Array.isArray(value)) {
    const made = (Number(stop) - Number(start)) / Number(step);
    if (!(made <= mostMade)) return `\`${key}\` asks for ${made} values`;
  }
  for (const [name, inner] of Object.entries(value)) {
    const found = tooMuch(inner, Array.isArray(value) ? key : name, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Keys whose strings are shown and never computed. */
function isText(key: string): boolean {
  return ["title", "description", "name", "text", "field", "as"].includes(key);
}
