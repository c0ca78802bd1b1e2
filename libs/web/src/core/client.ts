// The requests of a signed-in user.

import {
  ApiError,
  dropDeadConnections,
  LONGEST_UPLOAD_MILLIS,
  limit,
  RECONNECTED,
  type Sending,
  send,
} from "./request";
import type { Answer, Parts, Route } from "./routes";

/** An idempotency key, equal for a request that is sent again, or the version a change is based on. */
export type Condition = string | { version: number };

/** The parts may be left out for a route that needs none. */
type Request<R extends Route> =
  Parts<R> extends Record<string, never>
    ? [parts?: Parts<R>]
    : Record<string, never> extends Parts<R>
      ? [parts?: Parts<R>, condition?: Condition]
      : [parts: Parts<R>, condition?: Condition];

export interface TokenSource {
  token: () => string | null;
  /** Renews the token; false if that failed. `code` says why the token was refused. */
  renew: (code?: string) => Promise<boolean>;
}

/** After a 401 the token is renewed once and the request sent again. */
export class Api {
  /** The reads that wait for an answer. */
  #reads = new Set<AbortController>();

  constructor(readonly session: TokenSource) {}

  /**
   * Returns the JSON of the answer, or null if it has none. Throws ApiError.
   */
  async ask<R extends Route>(route: R, ...[parts, condition]: Request<R>): Promise<Answer<R>> {
    const abort = parts?.file ? limit(LONGEST_UPLOAD_MILLIS) : limit();
    if (route.startsWith("GET ")) this.#reads.add(abort);
    try {
      const { signal } = abort;
      const key = typeof condition === "string" ? condition : undefined;
      const version = typeof condition === "object" ? condition.version : undefined;
      return await this.#send(route, { ...(parts as Parts<R>), key, version, signal });
    } catch (error) {
      if (abort.signal.reason !== RECONNECTED) throw error;
      return this.ask(route, ...([parts] as Request<R>));
    } finally {
      this.#reads.delete(abort);
    }
  }

  async #send<R extends Route>(route: R, parts: Parts<R> & Sending): Promise<Answer<R>> {
    try {
      return await send(route, { ...parts, token: this.session.token() });
    } catch (error) {
      const refused = error instanceof ApiError && error.status === 401;
      if (!refused || !(await this.session.renew(error.problem.code))) throw error;
      return send(route, { ...parts, token: this.session.token() });
    }
  }

  /** Sends the reads that wait again, since those on the lost connection get no answer. */
  readAgain() {
    for (const read of this.#reads) read.abort(RECONNECTED);
    dropDeadConnections();
  }
}
