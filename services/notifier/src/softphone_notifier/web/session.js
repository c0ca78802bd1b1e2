// The signed-in user and the token, which is renewed in time and stays in memory.
/** @import { SessionAnswer, User } from "./types.js" */

import { ApiError, endSession, renewSession, signIn } from "./api.js";
import { now } from "./clock.js";
import { recall, remember } from "./storage.js";

const EARLY_MILLIS = 60_000;
const RETRY_MILLIS = 10_000;

/**
 * Calls `onToken` with each new token, and `onEnd` with the reason when the session ends.
 */
export class Session {
  /** @type {User | null} */
  user = null;
  /** @type {string | null} */
  #token = null;
  /** @type {Promise<boolean> | null} */
  #renewing = null;
  #timer = 0;

  /** @param {{ onToken: (token: string) => void, onEnd: (why: "expired" | "revoked" | "out") => void }} listener */
  constructor(listener) {
    this.listener = listener;
  }

  token = () => this.#token;

  /**
   * @param {string} tenant
   * @param {string} login
   * @param {string} password
   */
  async signIn(tenant, login, password) {
    const answer = await signIn(tenant, login, password);
    remember("tenant", tenant);
    remember("login", login);
    this.#begin(answer);
  }

  /** Signs in by the cookie after a reload. Without an earlier sign-in no request is sent. */
  async resume() {
    if (recall("signed-in") !== "yes") return false;
    try {
      this.#begin(await renewSession());
      return true;
    } catch (error) {
      if (isRefusal(error)) remember("signed-in", null);
      return false;
    }
  }

  /** Renews the token by the cookie; false if that failed. Simultaneous calls share one request. */
  renew = () => {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  };

  async #renew() {
    const user = this.user;
    try {
      const answer = await renewSession();
      if (this.user !== user) return false; // signed out meanwhile
      this.#begin(answer);
      return true;
    } catch (error) {
      if (isRefusal(error)) this.end("expired");
      else this.#later(RETRY_MILLIS);
      return false;
    }
  }

  async signOut() {
    const token = this.#token;
    this.end("out");
    await endSession(token).catch(() => undefined); // the token expires by itself
  }

  /** @param {"expired" | "revoked" | "out"} why */
  end(why) {
    if (this.user === null) return;
    window.clearTimeout(this.#timer);
    this.user = this.#token = null;
    remember("signed-in", null);
    this.listener.onEnd(why);
  }

  /** @param {SessionAnswer} answer */
  #begin(answer) {
    this.#token = answer.token;
    this.user = answer.user;
    remember("signed-in", "yes");
    const left = Date.parse(answer.expires_at) - now();
    this.#later(Math.max(RETRY_MILLIS, Math.max(left - EARLY_MILLIS, left / 2)));
    this.listener.onToken(answer.token);
  }

  /** @param {number} millis */
  #later(millis) {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.renew(), Math.min(millis, 2 ** 31 - 1));
  }
}

/** @param {unknown} error */
function isRefusal(error) {
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}
