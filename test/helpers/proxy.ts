/** An HTTP proxy on loopback: takes absolute-form requests to one server, and CONNECT as far as the first bytes. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TestProxy {
  /** `host:port`. */
  readonly host: string;
  /** What came, in order: `POST http://…` or `CONNECT host:port`. */
  readonly asked: string[];
  /** `Proxy-Authorization` of each. */
  readonly authorizations: (string | undefined)[];
  /** First byte that came through a tunnel; 22 begins TLS. */
  readonly tunnelled: number[];
  close(): Promise<void>;
}

/** A proxy that leads every host to `target`, a base URL. */
export async function startProxy(target: string): Promise<TestProxy> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const tunnelled: number[] = [];
  const note = (incoming: IncomingMessage) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    authorizations.push(incoming.headers["proxy-authorization"]);
  };
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    note(incoming);
    const path = new URL(incoming.url ?? "").pathname;
    const { "proxy-authorization": _, ...headers } = incoming.headers;
    const onward = request(target + path, { method: incoming.method, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket) => {
    note(incoming);
    socket.on("error", () => {});
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    socket.once("data", (bytes: Buffer) => {
      tunnelled.push(bytes[0] ?? -1);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    authorizations,
    tunnelled,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
