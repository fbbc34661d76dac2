/** Lines of a run's history, its system metrics and its console output. */
export interface LineCounts {
  readonly history: number;
  readonly events: number;
  readonly output: number;
}

/**
 * Where a log begins in its run on the server: behind the lines that were there before it. `step` is added to each `_step`, so
 * that none stands twice.
 */
export interface Placement extends LineCounts {
  readonly step: number;
}

/** That of a log which begins its run. */
export const front: Placement = { history: 0, events: 0, output: 0, step: 0 };

/** Whether other lines stand before. */
export function isBehind({ history, events, output }: Placement): boolean {
  return history + events + output > 0;
}

/** Which log wrote where: kept in the config on the server, so that any machine tells its own lines from those of others. */
export interface Mark extends Placement {
  readonly writer: string;
}

/** The config entry that holds marks, oldest first. */
export function marksText(marks: readonly Mark[]): string {
  return JSON.stringify(
    marks.map(({ writer, history, events, output, step }) => [writer, history, events, output, step]),
  );
}

/** Reads `marksText`. The text is the server's, and anyone may have edited it: entries that are not marks are left out. */
export function marksFrom(text: string | undefined): Mark[] {
  const found: unknown = text === undefined ? [] : JSON.parse(text);
  return (Array.isArray(found) ? found : []).flatMap((one: unknown): Mark[] => {
    if (!Array.isArray(one)) return [];
    const [writer, ...counts] = one as unknown[];
    const whole = counts.length === 4 && counts.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
    if (typeof writer !== "string" || !whole) return [];
    const [history = 0, events = 0, output = 0, step = 0] = counts as number[];
    return [{ writer, history, events, output, step }];
  });
}
