/** The linear warm-up that schedules share. */

/** `lr * step / warmup_steps` during the warm-up, the first step being 1; `after` from there on. */
export function warmedUp(lr: number, warmup_steps: number, after: (step: number) => number): (step: number) => number {
  return (step) => (step <= warmup_steps ? (lr * step) / warmup_steps : after(step));
}
