// The way back from a record to the list that it was opened from, with the filter of the list.

import { address, placeQuery } from "../core/place";

let last = { user: "", query: "" };

/** Keeps the filter in the address for its user; the next user of this browser must not see it. */
export function keepList(user: string) {
  last = { user, query: placeQuery().toString() };
}

/** The address of the list as this user left it. */
export function listAddress(user: string) {
  const list = address("directory");
  return last.user === user && last.query ? `${list}?${last.query}` : list;
}
