/** This package's own version, and that of what its numbers depend on. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Of reluscope itself. */
export const packageVersion: string = ownVersion();

function ownVersion(): string {
  // The sources lie two folders below package.json, the built files three.
  for (const up of ["../../package.json", "../../../package.json"]) {
    try {
      const found = JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8")) as { name: string; version: string };
      if (found.name === "reluscope") return found.version;
    } catch {}
  }
  return "unknown";
}

/** Versions for run.json. */
export function versions(): Readonly<Record<string, string>> {
  const of = (name: string) => (require(`${name}/package.json`) as { version: string }).version;
  return { reluscope: packageVersion, node: process.version, "@tensorflow/tfjs": of("@tensorflow/tfjs") };
}
