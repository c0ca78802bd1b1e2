// Stores small things in this browser, such as unsent comments; never tokens or passwords.

const PREFIX = "softphone.";
const DRAFT = `${PREFIX}draft.`;
const DRAFT_DAYS = 14;

/** @param {string} key */
export function recall(key) {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null; // storage is switched off; the page works without it
  }
}

/**
 * @param {string} key
 * @param {string | null} value null removes the entry
 */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // full or switched off: as above
  }
}

const CLOSED = `${PREFIX}closed`;
const CLOSED_MOST = 200;

/** Calls whose popup was closed in this tab, so that it stays closed after a reload. */
export function closedCalls() {
  try {
    return new Set(/** @type {string[]} */ (JSON.parse(sessionStorage.getItem(CLOSED) ?? "[]")));
  } catch {
    return new Set(/** @type {string[]} */ ([]));
  }
}

/** @param {Set<string>} calls */
export function rememberClosed(calls) {
  try {
    sessionStorage.setItem(CLOSED, JSON.stringify([...calls].slice(-CLOSED_MOST)));
  } catch {
    // as above
  }
}

/**
 * `record` is undefined until the user chooses, and null for no record.
 * @typedef {{ text: string, record?: string | null, at: number }} Draft
 */

/** Unsent comments of one user by call; all boxes of one call are updated together. */
export class Drafts {
  /** @param {string} owner */
  constructor(owner) {
    this.owner = owner;
    /** @type {Set<(call: string, source: object | null) => void>} */
    this.listeners = new Set();
    this.#dropOld();
  }

  /** @param {string} call */
  #key(call) {
    return `draft.${this.owner}.${call}`;
  }

  /**
   * @param {string} call
   * @returns {Draft | null}
   */
  get(call) {
    return parseDraft(recall(this.#key(call)));
  }

  /**
   * @param {string} call
   * @param {string} text
   * @param {string | null | undefined} record
   * @param {object | null} source the box that changed the draft
   */
  set(call, text, record, source) {
    const draft = text === "" ? null : JSON.stringify({ text, record, at: Date.now() });
    remember(this.#key(call), draft);
    for (const listener of this.listeners) listener(call, source);
  }

  #dropOld() {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(DRAFT));
      for (const key of keys) {
        const draft = parseDraft(localStorage.getItem(key));
        if (!draft || Date.now() - draft.at > DRAFT_DAYS * 86_400_000) localStorage.removeItem(key);
      }
    } catch {
      // without storage there are no drafts
    }
  }
}

/**
 * @param {string | null} text
 * @returns {Draft | null}
 */
function parseDraft(text) {
  if (text === null) return null;
  try {
    const found = JSON.parse(text);
    return typeof found?.text === "string" ? found : null;
  } catch {
    return null;
  }
}
