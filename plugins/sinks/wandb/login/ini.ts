/** The entries of section `[default]` of a W&B settings file, an INI file as Python's configparser reads it. */
export function readIni(text: string): Readonly<Record<string, string>> {
  const entries: Record<string, string> = Object.create(null) as Record<string, string>;
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[([^\]]*)\]/.exec(line);
    if (header !== null) section = header[1] ?? "";
    const entry = /^([^#;=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (entry !== null && section === "default") entries[(entry[1] ?? "").toLowerCase()] = entry[2] ?? "";
  }
  return entries;
}
