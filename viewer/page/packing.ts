/** Packs cards of unequal height without holes: a grid of low rows, each card spanning as many as it is high. */
const row = 4;
const gap = 14;

/** Keeps a grid packed until the answer is called. */
export function packed(grid: HTMLElement): () => void {
  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) span(target as HTMLElement);
  });
  for (const child of grid.children) watcher.observe(child);
  return () => watcher.disconnect();
}

function span(element: HTMLElement): void {
  const height = element.offsetHeight;
  if (height > 0) element.style.gridRowEnd = `span ${Math.ceil((height + gap) / row)}`;
}
