/** Numbers, times and values as people read them. */
import { sanitise } from "./terminal.ts";

/** Four significant digits; nothing for a number that is not there. */
export function shortNumber(value: number | undefined): string {
  if (value === undefined) return "";
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return value === 0 || (size >= 0.001 && size < 1e6) ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}

/** How long ago, in the one unit that says enough: `12 s`, `5 min`, `3 h`, `8 d`. */
export function age(sinceMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - sinceMs) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

/** A point in time, UTC to the second; nothing sensible comes out of a hostile file, but no error either. */
export function moment(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "?" : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** A value of a config on one line. */
export function configValue(value: unknown): string {
  if (value === undefined) return "-";
  return sanitise(typeof value === "string" ? value : (JSON.stringify(value) ?? String(value)), 60);
}

/** JSON for `--json`; NaN and the infinities are strings, as in rows.jsonl. */
export function jsonText(value: unknown): string {
  const named = (_: string, one: unknown) => (typeof one === "number" && !Number.isFinite(one) ? String(one) : one);
  return JSON.stringify(value, named, 2);
}

/** Bytes in the unit that says enough: `1.5 MB`, `45 GB`. */
export function bytesText(bytes: number): string {
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}
