/** What keeps the viewer's server to the one person it serves, and run directories to what they are. */
import { createHash, timingSafeEqual } from "node:crypto";
import { lstatSync, realpathSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { join, relative, sep } from "node:path";

/**
 * Sent with every answer. No script or style but the page's own files, no request to anywhere else, no framing; `blob:`
 * and `data:` images are exports on their way to a download.
 */
export const headers: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cache-control": "no-store",
};

/** Whether an address to listen on is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether the Host header is one that this server may be called by. A page elsewhere that points its own name at
 * 127.0.0.1 (DNS rebinding) sends its own name; addresses cannot be rebound.
 */
export function allowedHost(header: string | undefined, listening: string): boolean {
  if (header === undefined) return false;
  let name: string;
  try {
    const url = new URL(`http://${header}`);
    if (url.host !== header.toLowerCase().replace(/:80$/, "")) return false;
    name = url.hostname.replace(/^\[|\]$/g, "");
  } catch {
    return false;
  }
  if (isLoopback(name) || name === listening) return true;
  return !isLoopback(listening) && (isIP(name) !== 0 || name === hostname().toLowerCase());
}

/** Whether a request shows the token, in the address (first visit) or in the cookie that the first visit sets. */
export function showsToken(request: IncomingMessage, url: URL, token: string): boolean {
  const cookie = /(?:^|;\s*)reluscope=([^;]*)/.exec(request.headers.cookie ?? "")?.[1];
  return [url.searchParams.get("token"), cookie].some((given) => given != null && equal(given, token));
}

function equal(a: string, b: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

/** The directory of run `id` in `root`, or undefined when that is no directory inside `root`. */
export function runDirectory(root: string, id: string): string | undefined {
  if (id === "" || id === "." || id === ".." || /[/\\\0]/.test(id)) return undefined;
  try {
    // Synchronous, and without walking the path where the entry is a folder: a list asks this of every run.
    const path = join(root, id);
    if (lstatSync(path).isDirectory()) return path;
    const real = realpathSync.native(path);
    const inside = relative(realpathSync.native(root), real);
    const contained = inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`);
    return contained && lstatSync(real).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}
