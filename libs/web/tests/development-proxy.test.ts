// The services take the sign-in of a page that Vite serves, and refuse that of other sites.

import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createVite, type ViteDevServer } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { developmentProxy } from "../development-proxy";

let heard: IncomingHttpHeaders = {};
let address = "";
let port = 0;
let vite: ViteDevServer;
const services = createServer((message, answer) => {
  heard = message.headers;
  answer.end();
});
services.on("upgrade", (message: IncomingMessage, socket) => {
  heard = message.headers;
  socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
});

beforeAll(async () => {
  await new Promise<void>((resolve) => services.listen(0, "127.0.0.1", resolve));
  address = `127.0.0.1:${(services.address() as AddressInfo).port}`;
  vite = await createVite({
    configFile: false,
    logLevel: "silent",
    server: { port: 0, host: "127.0.0.1", proxy: developmentProxy(`http://${address}`), ws: false },
  });
  await vite.listen();
  port = Number(new URL(vite.resolvedUrls?.local[0] ?? "").port);
});

afterAll(async () => {
  await vite.close();
  services.close();
});

/** The headers that the services get with a request that a page of this origin sends to Vite. */
async function headersOf(path: string, origin: string, more: Record<string, string> = {}) {
  heard = {};
  await new Promise<void>((resolve, reject) => {
    const headers = { Origin: origin, ...more };
    const sent = request({ host: "127.0.0.1", port, path, headers }, (answer) => {
      answer.resume().on("end", resolve);
    });
    sent.on("error", reject).end();
  });
  return [heard.host, heard.origin];
}

const upgrade = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

test.each([
  ["/api/session", {}],
  ["/ws", upgrade],
])("the page's request for %s has the origin of the services", async (path, more) => {
  const seen = await headersOf(path, `http://127.0.0.1:${port}`, more);
  expect(seen).toEqual([address, `http://${address}`]);
});

test.each([
  ["/api/session", {}],
  ["/ws", upgrade],
])("another site's request for %s keeps its origin", async (path, more) => {
  const seen = await headersOf(path, "https://evil.example", more);
  expect(seen).toEqual([address, "https://evil.example"]);
});
