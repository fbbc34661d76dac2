import { join, resolve } from "node:path";
import { twoLogins } from "../errors.ts";
import type { IdentityFiles } from "./access-token.ts";
import { netrcPassword } from "./netrc.ts";
import type { Surroundings } from "./surroundings.ts";

/** An API key, or the files that an access token is got by. */
export type Login = string | IdentityFiles;

/**
 * WANDB_API_KEY or WANDB_IDENTITY_TOKEN_FILE, which must not stand beside each other, else netrc, else what settings files say
 * (wandb: sdk/lib/wbauth/authenticate.py).
 */
export function loginFor(
  baseUrl: string,
  around: Surroundings,
  fallback: { readonly key: string | undefined; readonly credentialsFile: string | undefined },
): Login | undefined {
  const { env, cwd, home } = around;
  const key = env.WANDB_API_KEY?.trim() || undefined;
  const tokenFile = env.WANDB_IDENTITY_TOKEN_FILE || undefined;
  if (tokenFile === undefined) return key ?? netrcKey(baseUrl, around) ?? fallback.key;
  if (key !== undefined) throw twoLogins("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE");
  const credentialsFile = fallback.credentialsFile ?? join(home, ".config", "wandb", "credentials.json");
  return { tokenFile: resolve(cwd, tokenFile), credentialsFile: resolve(cwd, credentialsFile) };
}

/** The netrc entry of the server, named by host and port. */
function netrcKey(baseUrl: string, { env, home, readText }: Surroundings): string | undefined {
  const machine = new URL(baseUrl).host;
  const candidates = env.NETRC ? [env.NETRC] : [join(home, ".netrc"), join(home, "_netrc")];
  for (const path of candidates) {
    const text = readText(path);
    if (text !== undefined) return netrcPassword(text, machine) || undefined;
  }
  return undefined;
}
