/** Parameters that `train.hold` keeps as they are. */

/** Whether a parameter is held: by its name, or by a beginning of it that ends with a dot. */
export function isHeld(hold: readonly string[], name: string): boolean {
  return hold.some((pattern) => name === pattern || (pattern.endsWith(".") && name.startsWith(pattern)));
}
