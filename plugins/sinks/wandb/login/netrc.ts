/** The password that a netrc file holds for `machine`; its `default` entry counts for every machine, as elsewhere. */
export function netrcPassword(text: string, machine: string): string | undefined {
  let current: string | undefined;
  let fallback: string | undefined;
  const words = wordsOf(text);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === "machine") current = words[++i];
    else if (word === "default") current = "default";
    else if (word === "login" || word === "account" || word === "user") i++;
    else if (word === "password") {
      const password = words[++i];
      if (current === machine && password !== undefined) return password;
      if (current === "default") fallback = password;
    }
  }
  return fallback;
}

/** Words apart by white space, quoted ones whole; comments and macros left out. */
function wordsOf(text: string): string[] {
  const lines: string[] = [];
  let inMacro = false;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*macdef\b/.test(line)) inMacro = true;
    if (line.trim() === "") inMacro = false;
    if (!inMacro && !/^\s*#/.test(line)) lines.push(line.replace(/\s#.*$/, ""));
  }
  const words = lines.join("\n").match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word));
}
