/** Which of ever more looks leave arrays behind: a long run would fill a disk with them. */

/** Whether the `count`-th look (from 1) is kept: the first ones all, then as many as here said in each doubling of their number. */
export function keeping(perDoubling: number): (count: number) => boolean {
  return (count) => count % 2 ** Math.max(0, Math.floor(Math.log2(count / perDoubling))) === 0;
}

/** Looks that are kept in each doubling of their number, where they are no larger than a number or two a unit. */
export const keptPerDoubling = 48;

/** The first 96 are kept, then every second up to 192, every fourth up to 384 … */
export const isKept: (count: number) => boolean = keeping(keptPerDoubling);
