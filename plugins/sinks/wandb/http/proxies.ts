import { invalidValue } from "../../../../core/errors/errors.ts";

/** A proxy, and the hosts that are reached without it, as in NO_PROXY. */
export interface Proxy {
  /** May hold a password: never printed. */
  readonly url: string;
  readonly except: string;
}

/** Proxies by the scheme of the address that a request is for. */
export interface Proxies {
  readonly "http:"?: Proxy;
  readonly "https:"?: Proxy;
}

/** A server on this very machine is not looked for behind a proxy that the environment names (Go's ProxyFromEnvironment). */
const thisMachine = "localhost,127.0.0.1,[::1]";

/**
 * W&B's own settings `http_proxy` and `https_proxy`, which hold for every host, else HTTP_PROXY and HTTPS_PROXY (lower case too)
 * with the exceptions of NO_PROXY (wandb: core/internal/clients/proxy.go). Undefined without any.
 */
export function proxiesFrom(
  env: Readonly<Record<string, string | undefined>>,
  setting: (name: "http_proxy" | "https_proxy") => string | undefined,
): Proxies | undefined {
  const variable = (name: string) => env[name] || env[name.toLowerCase()] || undefined;
  const except = [variable("NO_PROXY"), thisMachine].filter(Boolean).join(",");
  const proxy = (name: "http_proxy" | "https_proxy"): Proxy | undefined => {
    const own = setting(name);
    if (own !== undefined) return { url: checkedProxy(`WANDB_${name.toUpperCase()}`, own), except: "" };
    const common = variable(name.toUpperCase());
    if (common === undefined || variable("NO_PROXY") === "*") return undefined;
    return { url: checkedProxy(name.toUpperCase(), common), except };
  };
  const http = proxy("http_proxy");
  const https = proxy("https_proxy");
  if (http === undefined && https === undefined) return undefined;
  return { ...(http && { "http:": http }), ...(https && { "https:": https }) };
}

/** An address without a scheme is one of a plain HTTP proxy, as everywhere. The error does not repeat the value: it may hold a password. */
function checkedProxy(where: string, text: string): string {
  const url = text.includes("://") ? text : `http://${text}`;
  const expected = "the http or https address of a proxy, such as http://proxy.example:3128";
  if (!URL.canParse(url)) throw invalidValue(where, expected, "something else");
  const { protocol } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw invalidValue(where, expected, `a ${protocol} one`);
  return url;
}
