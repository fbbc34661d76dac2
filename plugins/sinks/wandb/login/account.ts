import type { Proxies } from "../http/proxies.ts";
import type { Login } from "./login.ts";
import type { Settings } from "./settings.ts";

/** Where a server is, how it is entered, and the way there. Plain data: the streaming process gets it as a message. */
export interface Account {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Never printed, never written. */
  readonly login: Login;
  readonly proxies?: Proxies;
}

/** The account that settings give; undefined without anything to log in by. */
export function accountOf({ baseUrl, key, identity, proxies }: Settings): Account | undefined {
  const login = key ?? identity;
  if (login === undefined) return undefined;
  return { baseUrl, login, ...(proxies && { proxies }) };
}

/** Whether `@wandb/sdk` can reach it: the SDK knows API keys alone, and no proxies. */
export function suitsSdk({ login, proxies }: Account): boolean {
  return typeof login === "string" && proxies === undefined;
}
