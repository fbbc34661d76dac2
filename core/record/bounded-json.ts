/** JSON from anywhere: as deep as it may be and no deeper, since what walks through it calls itself. */

/** Parses JSON whose maps and lists stand at most `deepest` within each other. Throws SyntaxError, or RangeError for a deeper one. */
export function boundedJson(text: string, deepest: number): unknown {
  if (isDeeper(text, deepest)) throw new RangeError(`more than ${deepest} maps or lists within each other`);
  return JSON.parse(text);
}

/** Counts brackets outside of strings; of a text that is not JSON it may say anything. */
function isDeeper(text: string, deepest: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > deepest) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}
