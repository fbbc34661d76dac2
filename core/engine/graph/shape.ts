/** Shape inference: pure functions of lengths. They throw plain errors on what cannot be, which would be a fault of a kernel. */

export type Shape = readonly number[];

/** The shape that two operands broadcast to. */
export function broadcastShape(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[axis - rank + a.length] ?? 1;
    const y = b[axis - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new Error(`shapes [${a}] and [${b}] do not broadcast`);
    return x === 1 ? y : x;
  });
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** The shape of a reduction over `axes`. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** The shape of a batched matrix product. */
export function matmulShape(a: Shape, b: Shape, transposeA: boolean, transposeB: boolean): number[] {
  const [rows, inner] = transposeA ? [a.at(-1), a.at(-2)] : [a.at(-2), a.at(-1)];
  const [innerB, columns] = transposeB ? [b.at(-1), b.at(-2)] : [b.at(-2), b.at(-1)];
  if (rows === undefined || columns === undefined || inner !== innerB) {
    throw new Error(`shapes [${a}] and [${b}] cannot be multiplied`);
  }
  return [...broadcastShape(a.slice(0, -2), b.slice(0, -2)), rows, columns];
}

/** An axis counted from the front. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** `reshape`'s target with its one -1 resolved. */
export function resolvedShape(target: Shape, size: number): number[] {
  const known = target.reduce((product, length) => (length < 0 ? product : product * length), 1);
  return target.map((length) => (length < 0 ? size / known : length));
}

/** The permutation that swaps the last two axes. */
export function swapLastTwo(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) =>
    axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis,
  );
}
