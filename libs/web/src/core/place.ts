// The view and item that are open, kept in the fragment of the address.

export type PlaceName =
  | "calls"
  | "directory"
  | "bin"
  | "phones"
  | "people"
  | "audit"
  | "api-keys"
  | "settings"
  | "me"
  | "system"
  | "tenants"
  | "dead-letters"
  | "pop";
export type Place = { name: PlaceName; id: string | null };

const NAMES: readonly PlaceName[] = [
  "calls",
  "directory",
  "bin",
  "phones",
  "people",
  "audit",
  "api-keys",
  "settings",
  "me",
  "system",
  "tenants",
  "dead-letters",
  "pop",
];

/** Stands for a new item; ids are UUIDs and never look like this. */
export const NEW = "new";

/** Stands for the imports of the directory. */
export const IMPORTS = "imports";

/**
 * Returns the place the address names, else the calls. The path `/pop`, which a phone opens, is the
 * place of its query, to which a raw `#` and what follows belongs: phones do not escape it.
 */
export function place(): Place {
  if (location.pathname === "/pop" && !location.hash.startsWith("#/")) {
    return { name: "pop", id: location.search + location.hash };
  }
  const [path = ""] = location.hash.split("?", 1);
  const [, said, id] = path.split("/");
  const name = NAMES.find((known) => known === said) ?? "calls";
  return { name, id: id ? decoded(id) : null };
}

/** Returns the address of a place, for links. */
export function address(name: PlaceName, id?: string) {
  return id === undefined ? `#/${name}` : `#/${name}/${encodeURIComponent(id)}`;
}

/** The query behind the place in the address, such as the filter of its list. */
export function placeQuery() {
  const start = location.hash.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : location.hash.slice(start + 1));
}

/** Keeps the query of the open view in the address, without a step in the browser's history. */
export function keepQuery(name: PlaceName, query: URLSearchParams) {
  const text = query.toString();
  history.replaceState(null, "", text ? `${address(name)}?${text}` : address(name));
}

/** The filter in the address of the open view; parts that the address lacks are the default ones. */
export function placeFilter<F extends Record<keyof F, string>>(defaults: F): F {
  const query = placeQuery();
  const parts = Object.entries<string>(defaults).map(([name, value]) => [
    name,
    query.get(name) ?? value,
  ]);
  return Object.fromEntries(parts);
}

/** Keeps the filter of the open view in the address, without the parts that are the default ones. */
export function keepFilter<F extends Record<keyof F, string>>(
  name: PlaceName,
  filter: F,
  defaults: F,
) {
  const parts = Object.entries<string>(filter);
  const chosen = parts.filter(([part, value]) => value !== defaults[part as keyof F]);
  keepQuery(name, new URLSearchParams(chosen));
}

export function go(name: PlaceName, id?: string) {
  location.hash = address(name, id);
}

function decoded(id: string) {
  try {
    return decodeURIComponent(id);
  } catch {
    return null; // an invalid escape, typed by hand
  }
}

/** The token of the invitation whose link was opened, or null. */
export function invitationToken() {
  return location.hash.match(/^#\/invitation\/([\w-]+)$/)?.[1] ?? null;
}

/** The event of the document after the company's own settings were changed on this page. */
export const TENANT_CHANGED = "tenant-changed";
