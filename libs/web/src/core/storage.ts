// Stores small things in this browser, such as unsent comments; never tokens or passwords.

export const PREFIX = "softphone.";

export function recall(key: string) {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null; // storage is switched off; the page works without it
  }
}

/** Stores a value; null removes it. */
export function remember(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // full or switched off: as above
  }
}

/** How the page looks and is used in this browser, which says nothing about calls. */
const HABITS = ["language", "theme", "corner", "minimised", "letters"];
/** The keys of habits and of the sign-in page. */
const OF_NOBODY = new Set([...HABITS, "tenant", "login"].map((key) => PREFIX + key));

const SIGNED_IN = "signed-in";

type StorageName = "localStorage" | "sessionStorage";

/**
 * The sessions whose cookie this browser may have, with their users. Each has a key of its own: tabs
 * write at the same moment, and the end of one session must not remove the sign-in of another.
 */
export function signedIn() {
  const sessions = new Map<string, string>();
  for (const key of keysOf("localStorage", (key) => key.startsWith(`${PREFIX}${SIGNED_IN}.`))) {
    const session = key.slice(`${PREFIX}${SIGNED_IN}.`.length);
    sessions.set(session, recall(`${SIGNED_IN}.${session}`) ?? "");
  }
  return sessions;
}

/** Notes the session of a user, and removes what other users have left in this browser. */
export function rememberSignIn(session: string, user: string) {
  // the sessions, too: the server has ended the one that this browser had before
  remove(
    "localStorage",
    (key) => !key.includes(user) && key !== `${PREFIX}${SIGNED_IN}.${session}`,
  );
  remember(`${SIGNED_IN}.${session}`, user);
}

/**
 * Removes an ended session and everything that was stored for its user in this browser, but no other
 * session: a sign-in elsewhere may have ended this one.
 */
export function forgetUser(session: string, user: string) {
  remember(`${SIGNED_IN}.${session}`, null);
  if (user) remove("localStorage", (key) => key.includes(user));
  remove("sessionStorage", () => true);
}

function remove(storage: StorageName, which: (key: string) => boolean) {
  for (const key of keysOf(storage, which)) {
    if (!OF_NOBODY.has(key)) window[storage].removeItem(key);
  }
}

function keysOf(storage: StorageName, which: (key: string) => boolean) {
  try {
    return Object.keys(window[storage]).filter((key) => key.startsWith(PREFIX) && which(key));
  } catch {
    return []; // storage is switched off: nothing was stored
  }
}
