// The signed-in user and the token, which is renewed in time and stays in memory.

import { now } from "./clock";
import { ApiError } from "./request";
import { endSession, renewSession, signIn } from "./session-api";
import { forgetUser, recall, remember, rememberSignIn, signedIn } from "./storage";
import { Tabs } from "./tabs";
import type { SessionAnswer, User } from "./types";

const EARLY_MILLIS = 60_000;
const RETRY_MILLIS = 10_000;

/** Why a session ended: by sign-out, from the list of sessions, by a tenant that is off ... */
export type EndReason = "expired" | "revoked" | "out" | "ended" | "off";

/**
 * Calls `onToken` with each new token, and `onEnd` with the reason when the session ends.
 */
export class Session {
  user: User | null = null;
  #token: string | null = null;
  #id = "";
  #renewing: Promise<boolean> | null = null;
  #timer = 0;
  /** The other tabs of this browser, which share the cookie. */
  #tabs = new Tabs<"out">("softphone.session", () => this.end("out"));

  constructor(
    readonly listener: {
      onToken: (token: string, answer: SessionAnswer) => void;
      onEnd: (why: EndReason) => void;
    },
  ) {
    window.addEventListener("online", () => void this.#finish());
  }

  token = () => this.#token;

  /** Signs in; `code` is that of a second factor, for users who have one. */
  async signIn(tenant: string, login: string, password: string, code = "") {
    const answer = await signIn(tenant, login, password, code);
    remember("tenant", tenant);
    remember("login", login);
    this.#begin(answer);
  }

  /**
   * Signs in by the cookie after a reload, but not before the page is ready. Without an earlier
   * sign-in no request is sent. After an arrival from a provider the cookie may be anybody's.
   * Returns why the earlier session ended, or null without one and while it lasts.
   */
  async resume(ready: Promise<void>, arrived: boolean): Promise<EndReason | null> {
    if (arrived) remember("ending", null); // the server has ended the session before
    await this.#finish();
    const before = signedIn();
    // an earlier release noted no session
    const anybody = arrived || recall("signed-in") === "yes";
    if (before.size === 0 && !anybody) return null;
    try {
      const answer = await renewSession();
      await ready;
      // signed out meanwhile, in another tab, or somebody else has signed in
      if (!anybody && ![...signedIn().values()].includes(answer.user.id)) return null;
      this.#begin(answer);
      confirmRenewal();
      return null;
    } catch (error) {
      if (!isRefusal(error)) return null;
      // another tab may have signed out meanwhile, which is no surprise for its user
      const isSurprise = [...before.keys()].some((id) => signedIn().has(id));
      for (const [session, user] of before) forgetUser(session, user);
      remember("signed-in", null);
      return isSurprise ? whyRefused(error) : null;
    }
  }

  /**
   * Renews the token by the cookie; false if that failed. Simultaneous calls share one request.
   * `code` says why the token was refused.
   */
  renew = (code?: string) => {
    this.#renewing ??= this.#renew(code).finally(() => (this.#renewing = null));
    return this.#renewing;
  };

  async #renew(code?: string) {
    const user = this.user;
    try {
      const answer = await renewSession();
      if (this.user !== user) return false; // signed out meanwhile
      if (answer.user.id !== user?.id) {
        this.end("out"); // somebody else signed in, in another tab
        return false;
      }
      this.#begin(answer);
      confirmRenewal();
      return true;
    } catch (error) {
      if (isRefusal(error)) this.end(code === "session-ended" ? "ended" : whyRefused(error));
      else this.#later(RETRY_MILLIS);
      return false;
    }
  }

  /** Ends the session in this tab and in all others. */
  async signOut() {
    const token = this.#token;
    this.end("out");
    this.#tabs.say("out");
    remember("ending", "yes");
    await this.#finish(token);
  }

  /**
   * Ends the session at the server. Without an answer this is tried again with the next network or
   * page, since the cookie could renew the session until then.
   */
  async #finish(token: string | null = null) {
    if (recall("ending") !== "yes") return;
    try {
      await endSession(token);
      remember("ending", null);
    } catch (error) {
      if (isRefusal(error)) remember("ending", null);
    }
  }

  /**
   * Ends the session in this tab. Everything that was stored for its user goes, also if the session
   * was ended elsewhere: the browser may be in other hands. The page goes first, and with it every
   * field that could store its text again.
   */
  end(why: EndReason) {
    if (this.user === null) return;
    const { id } = this.user;
    window.clearTimeout(this.#timer);
    this.user = this.#token = null;
    const session = this.#id;
    this.#id = "";
    this.listener.onEnd(why);
    forgetUser(session, id);
  }

  /** Takes the answer to a change of the own password, which replaced the token. */
  replace(answer: SessionAnswer) {
    if (this.user?.id === answer.user.id) this.#begin(answer);
  }

  #begin(answer: SessionAnswer) {
    // a renewal that comes late must not remove the sign-in of somebody else
    if (this.#id !== answer.session) rememberSignIn(answer.session, answer.user.id);
    this.#token = answer.token;
    this.user = answer.user;
    this.#id = answer.session;
    remember("ending", null);
    const left = Date.parse(answer.expires_at) - now();
    this.#later(Math.max(RETRY_MILLIS, Math.max(left - EARLY_MILLIS, left / 2)));
    this.listener.onToken(answer.token, answer);
  }

  #later(millis: number) {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.renew(), Math.min(millis, 2 ** 31 - 1));
  }
}

/**
 * Shows the server that its answer has arrived, so that it refuses the cookie before. Until then
 * that cookie is good, since answers get lost. A failure changes nothing for this browser.
 */
function confirmRenewal() {
  renewSession().catch(() => {});
}

function whyRefused({ problem }: ApiError): EndReason {
  if (problem.code === "tenant-switched-off") return "off";
  return problem.code === "session-reused" ? "ended" : "expired";
}

function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}
