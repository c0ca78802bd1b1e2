// Passes the requests of a page that Vite serves on to the services.

import type { ProxyOptions } from "vite";

/**
 * The services see their own address as host, which a proxy in front of them may need, and so refuse
 * the Origin of the page as another site's. It is replaced by theirs, but only if the page comes from
 * this server: they still refuse what pages of other sites send.
 */
function passedOn(target: string, options: ProxyOptions = {}): ProxyOptions {
  return {
    target,
    changeOrigin: true,
    ...options,
    configure(proxy) {
      const { origin } = new URL(target);
      const isOwn = ({ headers }: { headers: { origin?: string; host?: string } }) =>
        headers.origin?.replace(/^https?:\/\//, "") === headers.host;
      proxy.on("proxyReq", (sent, request) => {
        if (isOwn(request)) sent.setHeader("Origin", origin);
      });
      proxy.on("proxyReqWs", (sent, request) => {
        if (isOwn(request)) sent.setHeader("Origin", origin);
      });
    },
  };
}

export function developmentProxy(services: string): Record<string, ProxyOptions> {
  return {
    "/api": passedOn(services),
    "/hit": passedOn(services),
    "/ws": passedOn(services, { ws: true }),
  };
}
