/** Which of ever more looks leave arrays behind: a long run would fill a disk with them. */

/** Looks that are kept in each doubling of their number. */
export const keptPerDoubling = 48;

/** Whether the `count`-th look (from 1) is kept: the first 96 all are, then every second up to 192, every fourth up to 384 … */
export function isKept(count: number): boolean {
  const stride = 2 ** Math.max(0, Math.floor(Math.log2(count / keptPerDoubling)));
  return count % stride === 0;
}
