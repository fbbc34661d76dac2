/** The viewer's server: the page, and read-only questions about run directories. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { portTaken, reasonOf, viewerTokenNeeded } from "../core/errors/errors.ts";
import { files } from "../core/record/format.ts";
import { answer } from "./answers.ts";
import { loadAssets } from "./assets.ts";
import { bodyOf, change, foreignChange, session, statusOf } from "./edits.ts";
import { allowedHost, headers, isLoopback, showsToken } from "./guard.ts";
import { Library, NoSuchRun } from "./library.ts";
import { Live } from "./live.ts";

export interface ViewerOptions {
  /** A folder of runs, or one run's directory. */
  readonly dir: string;
  /** Address to listen on; default 127.0.0.1. Any other than loopback needs a token. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Ask for this before anything is shown. `true`: make one up. */
  readonly token?: string | true;
  /** Where indexes of long runs are kept; default the user's cache folder. */
  readonly indexFolder?: string;
  /** Whether the page may write labels and use the trash; default: where only this machine reaches it. */
  readonly edit?: boolean;
}

export interface Viewer {
  /** To open in a browser, with the token where there is one. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts serving a folder of runs. Throws `usage` when it would be reached from elsewhere without a token. */
export async function startViewer(options: ViewerOptions): Promise<Viewer> {
  const { host = "127.0.0.1", port = 0 } = options;
  const token = options.token === true ? randomBytes(18).toString("base64url") : options.token;
  if (!isLoopback(host) && !token) throw viewerTokenNeeded(host);
  const assets = await loadAssets();
  const dir = resolve(options.dir);
  const single = existsSync(join(dir, files.run)) ? basename(dir) : undefined;
  const root = single === undefined ? dir : dirname(dir);
  const library = new Library(root, {
    ...(single !== undefined && { only: single }),
    ...(options.indexFolder !== undefined && { indexFolder: options.indexFolder }),
  });
  const live = new Live(root, library);
  const edit = options.edit ?? isLoopback(host);
  const key = randomBytes(18).toString("base64url");

  async function changed(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (!edit) return refuse(response, 405, "read-only: start the viewer with --edit");
    const foreign = foreignChange(request, key);
    if (foreign !== undefined) return refuse(response, 403, foreign);
    try {
      const value = await change(root, single, path, await bodyOf(request));
      if (value === undefined) return refuse(response, 404, "no such change");
      send(response, "application/json", JSON.stringify(value));
    } catch (thrown) {
      refuse(response, statusOf(thrown), reasonOf(thrown).replaceAll(root, "."));
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (!allowedHost(request.headers.host, host)) return refuse(response, 421, "this name is not served here");
    const asks = request.method === "GET" || request.method === "HEAD";
    if (!asks && request.method !== "POST") return refuse(response, 405, "read-only");
    const url = new URL(request.url ?? "/", "http://viewer");
    if (token !== undefined) {
      if (!showsToken(request, url, token)) return refuse(response, 401, "open the address with its token");
      if (url.searchParams.has("token"))
        response.setHeader("set-cookie", `reluscope=${token}; HttpOnly; SameSite=Strict; Path=/`);
    }
    if (!asks) return changed(request, response, url.pathname);
    if (url.pathname === "/api/session")
      return send(response, "application/json", JSON.stringify(session(root, edit, key)));
    if (url.pathname === "/api/live") {
      live.add(response, url.searchParams.getAll("run").slice(0, 200), url.searchParams.has("list"));
      return;
    }
    const asset = assets.get(url.pathname);
    if (asset) return send(response, asset.type, asset.body);
    const value = await answer(library, url);
    if (value === undefined) return refuse(response, 404, "no such page");
    send(response, "application/json", JSON.stringify(value));
  }

  // A question about a thousand runs names them all in its address.
  const server = createServer({ maxHeaderSize: 256 << 10 }, (request, response) => {
    handle(request, response).catch((thrown: unknown) => {
      if (response.headersSent) return response.destroy();
      refuse(response, thrown instanceof NoSuchRun ? 404 : 500, reasonOf(thrown).replaceAll(root, "."));
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      failed(error.code === "EADDRINUSE" ? portTaken(host, port) : error),
    );
    server.listen(port, host, listening);
  });
  const { port: actual } = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${actual}/${token === undefined ? "" : `?token=${encodeURIComponent(token)}`}`,
    async close() {
      live.close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await library.close();
    },
  };
}

function send(response: ServerResponse, type: string, body: string | Buffer): void {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  response.writeHead(200, { "content-type": `${type}; charset=utf-8`, "content-length": bytes.length }).end(bytes);
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error: reason }));
}
