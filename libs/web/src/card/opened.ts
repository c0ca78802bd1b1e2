// Opens the record of a call in a new tab, once for each call in all tabs of a browser.

import { recall, remember } from "../core/storage";

const MOST = 100;

export class Opened {
  readonly #key: string;

  /** The id of the user is in the key, so that it goes when the user signs out. */
  constructor(user: string) {
    this.#key = `opened.${user}`;
  }

  /** Whether nothing was opened for this call yet; from now on something was. */
  claim(call: string) {
    const calls = stored(recall(this.#key));
    if (calls.includes(call)) return false;
    remember(this.#key, JSON.stringify([...calls, call].slice(-MOST)));
    return true;
  }
}

function stored(text: string | null): string[] {
  try {
    const calls = JSON.parse(text ?? "[]");
    return Array.isArray(calls) ? calls : [];
  } catch {
    return [];
  }
}

/**
 * Opens an address in a new tab. Returns false if the browser refuses, as it does without a click
 * unless the user allows it. The new tab cannot reach this one: `noopener` would do the same, but
 * hide whether the browser refused.
 */
export function openTab(address: string) {
  const tab = window.open("about:blank", "_blank");
  if (tab === null) return false;
  tab.opener = null;
  tab.location.replace(address);
  return true;
}
