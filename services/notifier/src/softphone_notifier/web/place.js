// Where somebody is in the page, kept in the address behind the #; draws nothing.

/** @typedef {"calls" | "bin" | "phones" | "settings" | "me" | "dead-letters"} PlaceName */
/** @typedef {{ name: PlaceName, id: string | null }} Place */

/** @type {readonly PlaceName[]} */
const NAMES = ["calls", "bin", "phones", "settings", "me", "dead-letters"];

/** The device that is still to be made: ids of devices look otherwise. */
export const NEW = "new";

/**
 * The place the address names, else the calls.
 * @returns {Place}
 */
export function place() {
  const [, said, id] = location.hash.split("/");
  const name = NAMES.find((known) => known === said) ?? "calls";
  return { name, id: id ? decoded(id) : null };
}

/**
 * The address of a place, for links.
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
    return null; // typed by hand, and wrong
  }
}
