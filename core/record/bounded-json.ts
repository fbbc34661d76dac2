/** JSON from anywhere: as deep and as much as it may be and no more, since what walks through it calls itself and takes its time. */

/**
 * Parses JSON whose maps and lists stand at most `deepest` within each other, with at most `most` values in all. Throws SyntaxError, or
 * RangeError for more.
 */
export function boundedJson(text: string, deepest: number, most: number): unknown {
  const problem = excess(text, deepest, most);
  if (problem !== undefined) throw new RangeError(problem);
  return JSON.parse(text);
}

/** Counts brackets and commas outside of strings; of a text that is not JSON it may say anything. */
function excess(text: string, deepest: number, most: number): string | undefined {
  let depth = 0;
  let values = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      values++;
      if (++depth > deepest) return `more than ${deepest} maps or lists within each other`;
    } else if (code === 0x7d || code === 0x5d) depth--;
    else if (code === 0x2c && ++values > most) return `more than ${most} values`;
  }
  return undefined;
}
