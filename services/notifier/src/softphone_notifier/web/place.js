// The view and item that are open, kept in the fragment of the address.

/** @typedef {"calls" | "bin" | "phones" | "settings" | "me" | "dead-letters"} PlaceName */
/** @typedef {{ name: PlaceName, id: string | null }} Place */

/** @type {readonly PlaceName[]} */
const NAMES = ["calls", "bin", "phones", "settings", "me", "dead-letters"];

/** Stands for a new device; ids are UUIDs and never look like this. */
export const NEW = "new";

/**
 * Returns the place the address names, else the calls.
 * @returns {Place}
 */
export function place() {
  const [, said, id] = location.hash.split("/");
  const name = NAMES.find((known) => known === said) ?? "calls";
  return { name, id: id ? decoded(id) : null };
}

/**
 * Returns the address of a place, for links.
 * @param {PlaceName} name
 * @param {string} [id]
 */
export function address(name, id) {
  return id === undefined ? `#/${name}` : `#/${name}/${encodeURIComponent(id)}`;
}

/**
 * @param {PlaceName} name
 * @param {string} [id]
 */
export function go(name, id) {
  location.hash = address(name, id);
}

/** @param {string} id */
function decoded(id) {
  try {
    return decodeURIComponent(id);
  } catch {
    return null; // an invalid escape, typed by hand
  }
}
