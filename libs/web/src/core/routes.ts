// The routes of all services, by method and path, with what each takes and answers.

import type * as calllog from "../api/calllog";
import type * as ingest from "../api/ingest";
import type * as janitor from "../api/janitor";
import type * as matcher from "../api/matcher";
import type * as notifier from "../api/notifier";

type Routes = calllog.Routes & ingest.Routes & janitor.Routes & matcher.Routes & notifier.Routes;

export type Route = keyof Routes;
export type Answer<R extends Route> = Routes[R]["answer"];

/** The parts of a request; a part that the route does not have cannot be given. */
export type Parts<R extends Route> = Omit<Routes[R], "answer" | "query"> & {
  query?: Routes[R] extends { query: infer Query } ? Query : never;
  /** A file, for a route whose body is one. */
  file?: Blob;
  /** Further headers, such as `If-Match`. */
  header?: Record<string, string>;
};

/** Returns the method and the address of a request. Null and undefined are left out of the query. */
export function addressOf(
  route: string,
  path: Record<string, string> = {},
  query: Record<string, unknown> = {},
) {
  const [method = "", template = ""] = route.split(" ");
  const address = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name] ?? ""));
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  if (given.length === 0) return { method, address };
  const values = given.map(([name, value]) => [name, String(value)]);
  return { method, address: `${address}?${new URLSearchParams(values)}` };
}
