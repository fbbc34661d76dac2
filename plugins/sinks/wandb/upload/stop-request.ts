/**
 * Tells from the server's answers, one after another, when W&B's page asks the run to stop: true once. A request that stands
 * already when a `resumed` run comes back was meant for its earlier part, and counts only once it has been withdrawn and made anew.
 */
export function createStopRequest(resumed: boolean): (asked: boolean) => boolean {
  let heeded = !resumed;
  let told = false;
  return (asked) => {
    if (!asked) heeded = true;
    if (!asked || !heeded || told) return false;
    told = true;
    return true;
  };
}
