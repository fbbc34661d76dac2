import type { LineCounts } from "../log/placement.ts";

const names = { events: "system metrics", output: "console lines" } as const;

/** What a server, which counts `lines` from `base` on, lacks of a log's `own` lines beside rows: `5 of 7 console lines`. */
export function uncountedOf(lines: LineCounts, base: LineCounts, own: LineCounts): string[] {
  return (["events", "output"] as const).flatMap((file) => {
    const there = lines[file] - base[file];
    return there < own[file] ? [`${there} of ${own[file]} ${names[file]}`] : [];
  });
}
