/** A nested config as one level of dotted keys: `train.lr`. Lists and empty maps become JSON text. */
export function flatten(config: Readonly<Record<string, unknown>>): Record<string, string | number | boolean | null> {
  const flat: Record<string, string | number | boolean | null> = Object.create(null);
  const visit = (value: unknown, path: string, depth: number): void => {
    if (typeof value === "object" && value !== null && !Array.isArray(value) && depth < 8) {
      const entries = Object.entries(value);
      for (const [key, inner] of entries) visit(inner, path === "" ? key : `${path}.${key}`, depth + 1);
      if (entries.length > 0 || path === "") return;
    }
    if (value === undefined) return;
    const plain = value === null || ["string", "number", "boolean"].includes(typeof value);
    flat[path] = plain ? (value as string | number | boolean | null) : JSON.stringify(value);
  };
  visit(config, "", 0);
  return flat;
}
