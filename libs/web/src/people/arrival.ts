// The way back from an OpenID Connect provider: the server leads to a fragment that says how it went.

import { PREFIX } from "../core/storage";

/** The code of a problem, empty after a success, and the numbers in its sentence. */
export type Arrival = { code: string; params: Record<string, string> };

const FRAGMENT = /^#\/signed-in(?:\/([a-z-]{1,60}))?(?:\?(.*))?$/;
const NUMBER = /^\d{1,9}$/;
const PLACE = `${PREFIX}return`;

/** Notes the place to come back to; the provider is in the same tab. */
export function rememberPlace() {
  try {
    sessionStorage.setItem(PLACE, location.pathname + location.search + location.hash);
  } catch {
    // storage is switched off: then the page opens with the calls
  }
}

/**
 * Returns how a sign-in at a provider went, once, and puts the place before it into the address.
 * Null if the page was opened in any other way. Anybody can write such an address, so nothing of it
 * is shown but numbers.
 */
export function arrival(): Arrival | null {
  const match = FRAGMENT.exec(location.hash);
  if (!match) return null;
  const numbers = [...new URLSearchParams(match[2])].filter(([, value]) => NUMBER.test(value));
  history.replaceState(null, "", takePlace());
  return { code: match[1] ?? "", params: Object.fromEntries(numbers) };
}

function takePlace() {
  try {
    const place = sessionStorage.getItem(PLACE);
    sessionStorage.removeItem(PLACE);
    if (place?.startsWith("/") && !place.startsWith("//")) return place;
  } catch {
    // as above
  }
  return "/";
}
