/** The room that a picture has in its card, which its neighbours in the row and the window may change. */
const rest = 120;

/** Calls back when an element's size is first known and whenever it has changed and come to rest, until the answer is called. */
export function onRoom(element: HTMLElement, changed: () => void): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let known = "";
  const watcher = new ResizeObserver(() => {
    const now = `${element.clientWidth} ${element.clientHeight}`;
    if (element.clientWidth === 0 || now === known) return;
    known = now;
    clearTimeout(waiting);
    waiting = setTimeout(changed, rest);
  });
  watcher.observe(element);
  return () => {
    clearTimeout(waiting);
    watcher.disconnect();
  };
}
