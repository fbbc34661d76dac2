/** Parameters that `train.hold` keeps as they are. */
import { unknownParameter } from "../errors/errors.ts";

/** Whether a parameter is held: by its name, or by that of a group that it is in (`blocks.2.mlp`, with or without a dot behind). */
export function isHeld(hold: readonly string[], name: string): boolean {
  return hold.some((pattern) => name === pattern || name.startsWith(groupOf(pattern)));
}

/** Throws `config.invalid` for an entry that is the name of nothing. `names` are all parameters. */
export function checkHold(hold: readonly string[], names: readonly string[]): void {
  const unknown = hold.find((pattern) => !names.some((name) => isHeld([pattern], name)));
  if (unknown === undefined) return;
  const groups = names.flatMap((name) => {
    const parts = name.split(".");
    return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("."));
  });
  throw unknownParameter("train.hold", unknown, [...new Set([...groups, ...names])]);
}

function groupOf(pattern: string): string {
  return pattern.endsWith(".") ? pattern : `${pattern}.`;
}
