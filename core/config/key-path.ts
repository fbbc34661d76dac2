/** Key paths as people write them: `train.lr`, `analyzers["./my.ts"].every`. */

/** The path as text; segments that are more than word characters and dashes are quoted. */
export function formatKeyPath(segments: readonly PropertyKey[]): string {
  return segments
    .map((segment, i) => {
      const text = String(segment);
      if (!/^[\w-]+$/.test(text)) return `[${JSON.stringify(text)}]`;
      return i === 0 ? text : `.${text}`;
    })
    .join("");
}

/** Splits `train.lr=1e-3` into segments and text; `undefined` if it does not have that form. */
export function parseAssignment(text: string): { path: string[]; value: string } | undefined {
  const segment = /\["((?:[^"\\]|\\.)*)"\]|\['([^']*)'\]|(\.?)([^.[\]="'\s]+)/y;
  const path: string[] = [];
  while (text[segment.lastIndex] !== "=") {
    const first = segment.lastIndex === 0;
    const match = segment.exec(text);
    if (!match || (match[4] !== undefined && first === (match[3] === "."))) return undefined;
    path.push(match[1] === undefined ? (match[2] ?? match[4] ?? "") : match[1].replace(/\\(.)/g, "$1"));
  }
  return path.length === 0 ? undefined : { path, value: text.slice(segment.lastIndex + 1) };
}
