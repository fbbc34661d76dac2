/** `step-000500`, with more digits where they are needed: the name of what is of one step. */
export function stepName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}
