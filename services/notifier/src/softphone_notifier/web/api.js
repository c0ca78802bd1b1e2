// Sends requests to the services and turns every failure into an ApiError.
/** @import { Call, Comment, Filter, Page, Problem, SessionAnswer } from "./types.js" */

import { heardTime } from "./clock.js";
import { t } from "./messages.js";
import { fieldText, problemText } from "./problems.js";

/** A request that failed; status 0 means that there was no answer. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {Problem} problem
   */
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? String(status));
    this.status = status;
    this.problem = problem;
  }
}

/**
 * Explains to a person what failed and what to do next.
 * @param {unknown} error
 */
export function reason(error) {
  if (!(error instanceof ApiError)) return t("error.server");
  const { status, problem } = error;
  if (status === 0) return t("error.network");
  if (status === 401) return t("error.session");
  if (status >= 500) return t("error.server");
  if (problem.code === "number-not-dialable") return t("error.number");
  if (problem.errors?.length && status === 422) {
    const details = problem.errors.map((error) => `${error.field}: ${fieldText(error)}`);
    return t("error.invalid", { detail: details.join("; ") });
  }
  return problemText(problem.code, problem.params, ofStatus(status, problem));
}

/**
 * Explains a status without a known code, as in the answer of a proxy.
 * @param {number} status
 * @param {Problem} problem
 */
function ofStatus(status, problem) {
  if (status === 403) return t("error.forbidden");
  if (status === 404 || status === 410) return t("error.missing");
  if (status === 429) return t("error.often");
  return t("error.invalid", { detail: problem.detail || problem.title || status });
}

/**
 * Sends one request. Returns the JSON of the answer, or null if it has none.
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, token?: string | null, key?: string }} [options]
 */
async function send(method, path, { body, token, key } = {}) {
  const headers = new Headers({ Accept: "application/json" });
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (key) headers.set("Idempotency-Key", key);
  const json = body === undefined ? undefined : JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: json, credentials: "same-origin" });
  } catch (error) {
    throw new ApiError(0, { detail: String(error) });
  }
  heardTime(Date.parse(answer.headers.get("Date") ?? ""));
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, content ?? {});
  return content;
}

/** @returns {Promise<SessionAnswer>} */
export function signIn(
  /** @type {string} */ tenant,
  /** @type {string} */ login,
  /** @type {string} */ password,
) {
  return send("POST", "/api/session", { body: { tenant, login, password } });
}

/** Renews the token by the cookie. @returns {Promise<SessionAnswer>} */
export function renewSession() {
  return send("POST", "/api/session/renew");
}

/** @param {string | null} token */
export function endSession(token) {
  return send("DELETE", "/api/session", { token });
}

/**
 * The requests of a signed-in user. After a 401 the token is renewed once and the request sent
 * again.
 */
export class Api {
  /** @param {{ token: () => string | null, renew: () => Promise<boolean> }} session */
  constructor(session) {
    this.session = session;
  }

  /**
   * Returns the JSON of the answer, or null if it has none. Throws ApiError.
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {string} [key] the idempotency key, equal for a request that is sent again
   * @returns {Promise<any>}
   */
  async ask(method, path, body, key) {
    try {
      return await send(method, path, { body, token: this.session.token(), key });
    } catch (error) {
      const refused = error instanceof ApiError && error.status === 401;
      if (!refused || !(await this.session.renew())) throw error;
      return send(method, path, { body, token: this.session.token(), key });
    }
  }

  /**
   * @param {Filter} filter
   * @param {string | null} cursor
   * @returns {Promise<Page<Call>>}
   */
  calls(filter, cursor) {
    const query = new URLSearchParams({ limit: "50" });
    for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value);
    if (cursor) query.set("cursor", cursor);
    return this.ask("GET", `/api/calls?${query}`);
  }

  /**
   * @param {string} call
   * @returns {Promise<Call>}
   */
  call(call) {
    return this.ask("GET", `/api/calls/${encodeURIComponent(call)}`);
  }

  /**
   * @param {string} call
   * @param {string} text
   * @param {string | null} record
   * @returns {Promise<Comment>}
   */
  comment(call, text, record) {
    return this.ask("POST", `/api/calls/${encodeURIComponent(call)}/comments`, { text, record });
  }

  /**
   * @param {string} number
   * @param {string | null} extension
   * @param {string} key the idempotency key, equal for both clicks of a double click
   * @returns {Promise<{ call_id: string, link: string }>}
   */
  dial(number, extension, key) {
    const body = extension === null ? { number } : { number, extension };
    return this.ask("POST", "/api/dial", body, key);
  }

  /**
   * @param {string | null} cursor
   * @returns {Promise<Page<Call>>}
   */
  bin(cursor) {
    const query = new URLSearchParams({ limit: "50", ...(cursor && { cursor }) });
    return this.ask("GET", `/api/recycle-bin?${query}`);
  }

  /**
   * @param {string} call
   * @returns {Promise<Call>}
   */
  restore(call) {
    return this.ask("POST", `/api/recycle-bin/${encodeURIComponent(call)}/restore`);
  }
}
