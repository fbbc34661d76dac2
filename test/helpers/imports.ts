/** Who imports whom, as it stands in the sources: types count as well, for a reader has to follow them too. */
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>;

/** Files to the files that they import, all relative to `root`; packages and what is not among `files` are left out. */
export function importsOf(files: readonly string[], root: string): ImportGraph {
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(root, file), "utf8");
      const named = [...text.matchAll(/(?:\bfrom\s+|\bimport\(|^import\s+)"(\.\.?\/[^"]+)"/gm)];
      const paths = named.map(([, path]) => normalize(join(dirname(file), path!)).replaceAll("\\", "/"));
      return [file, new Set(paths.filter((path) => known.has(path)))];
    }),
  );
}

/** The same between rooms, without arrows from a room to itself. */
export function betweenRooms(graph: ImportGraph, roomOf: (file: string) => string): ImportGraph {
  const rooms = new Map<string, Set<string>>();
  for (const [file, imported] of graph) {
    const room = roomOf(file);
    const others = rooms.get(room) ?? new Set();
    for (const path of imported) if (roomOf(path) !== room) others.add(roomOf(path));
    rooms.set(room, others);
  }
  return rooms;
}

/** A circle through the graph, as the names on it in order, for each name that is on one and was not told of before. */
export function circlesIn(graph: ImportGraph): readonly string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) circles.push([...path.slice(path.indexOf(name)), name].join(" -> "));
    if (done.has(name)) return;
    done.add(name);
    for (const next of graph.get(name) ?? []) visit(next, [...path, name]);
  };
  for (const name of graph.keys()) visit(name, []);
  return circles;
}
