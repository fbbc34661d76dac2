import type { Dispatcher } from "undici";
import type { Proxies } from "./proxies.ts";

/** What of `fetch` a transport uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** `fetch` by way of `proxies`, which Node's own knows only from version 24 on. undici is loaded at the first request that needs it. */
export function proxiedFetch(proxies: Proxies): Fetch {
  const agents = new Map<string, Dispatcher>();
  return async (url, init) => {
    const { protocol } = new URL(url);
    const proxy = protocol === "http:" || protocol === "https:" ? proxies[protocol] : undefined;
    if (proxy === undefined) return await fetch(url, init);
    const undici = await import("undici");
    let agent = agents.get(protocol);
    if (agent === undefined) {
      const { url: uri, except } = proxy;
      // Each agent has one scheme; http goes to the proxy in absolute form, for few let CONNECT through to port 80.
      const options = { httpProxy: uri, httpsProxy: uri, noProxy: except, proxyTunnel: false };
      agent = new undici.EnvHttpProxyAgent(options);
      agents.set(protocol, agent);
    }
    const request = { ...init, dispatcher: agent } as Parameters<typeof undici.fetch>[1];
    return (await undici.fetch(url, request)) as unknown as Response;
  };
}
