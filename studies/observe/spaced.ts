/** Which checkpoints of a long history are looked at. */
import { tokensUnknown } from "../../core/errors/errors.ts";
import type { Subject } from "./subject.ts";

/**
 * The first, the last, and between them each that is at least `every` training tokens past the one that was taken before; all of
 * them where `every` is 0. Throws `config.invalid` where their tokens are not known.
 */
export function spaced<S extends Pick<Subject, "path" | "tokens">>(subjects: readonly S[], every: number): S[] {
  if (every === 0) return [...subjects];
  const unknown = subjects.find(({ tokens }) => tokens === undefined);
  if (unknown !== undefined) throw tokensUnknown(unknown.path);
  const taken: S[] = [];
  for (const [i, subject] of subjects.entries()) {
    const last = taken.at(-1);
    const far = last === undefined || subject.tokens! - last.tokens! >= every;
    if (far || i === subjects.length - 1) taken.push(subject);
  }
  return taken;
}
