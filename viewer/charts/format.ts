/** Numbers and times as people read them. */

/** A value as exactly as it is worth: seven significant digits, or how JSON spells what is not finite. */
export function exact(value: number | string | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return grouped(value);
  return trimmed(value.toPrecision(7));
}

/** A value for a glance: four significant digits. */
export function brief(value: number | string | null | undefined): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return exact(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return grouped(value);
  return Math.abs(value) >= 1e4 ? si(value) : trimmed(value.toPrecision(4));
}

/** 1 234 567 as 1.23M. */
export function si(value: number): string {
  const units = ["", "k", "M", "G", "T", "P"];
  let scaled = Math.abs(value);
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const digits = scaled >= 1e6 ? scaled.toExponential(2) : trimmed(scaled.toPrecision(3));
  return `${value < 0 ? "−" : ""}${digits}${units[unit]}`;
}

/** Digits in threes, by a thin space that does not break. */
export function grouped(value: number): string {
  const [whole = "", rest] = String(Math.abs(value)).split(".");
  const threes = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return `${value < 0 ? "−" : ""}${threes}${rest === undefined ? "" : `.${rest}`}`;
}

/** 3.7e6 ms as 1 h 02 min. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${two(minutes % 60)} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** 2026-11-23 14:05, local time. */
export function when(ms: number): string {
  if (!(ms > 0) || ms > 8.64e15) return "–";
  const date = new Date(ms);
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** 14:05:09, local time. */
export function clockTime(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
}

function trimmed(text: string): string {
  const [digits = "", exponent] = text.split("e");
  const short = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return exponent === undefined ? short : `${short}e${exponent.replace("+", "")}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
