// The requests that begin, renew and end a session. They need no token.

import { send } from "./request";

/** The code is that of a second factor; without one it is empty. */
export function signIn(tenant: string, login: string, password: string, code: string) {
  const credentials = { tenant, login, password };
  return send("POST /api/session", { body: code ? { ...credentials, code } : credentials });
}

/** Where a link leads to sign in at the provider; the answer is a redirect. */
export const PROVIDER_START = "/api/session/openid/start";

/** Returns the name of the provider where users can sign in, or null without one. */
export async function providerName() {
  return (await send("GET /api/session/openid", {})).name;
}

/** Renews the token by the cookie. */
export function renewSession() {
  return send("POST /api/session/renew", {});
}

/** Ends the session, also if the page is closed meanwhile. */
export function endSession(token: string | null) {
  return send("DELETE /api/session", { token, keepalive: true });
}
