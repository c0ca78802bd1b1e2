// The merge of two records: which fields are in conflict, who is offered, and what is sent.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Context } from "../src/calls/context";
import { ApiError } from "../src/core/request";
import type { DirectoryRecord } from "../src/core/types";
import { load } from "../src/i18n/messages";
import { MergePage } from "../src/records/merge";
import { conflictsOf } from "../src/records/merge-fields";
import { numberOf, recordOf } from "./examples";

const KEPT = recordOf({ id: "r1", name: "Huber", numbers: [numberOf()] });
const OTHER = recordOf({ id: "r2", name: "Huber, E.", address: "Gasse 1", version: 3 });
const NAMED = recordOf({ id: "r3", name: "Huber" });

interface Parts {
  path?: { record: string };
  query?: { number?: string; q?: string };
  body?: unknown;
}

/** A server on which one record has the number of the first, and another one its name. */
class Server {
  sent: unknown[] = [];
  records: DirectoryRecord[] = [KEPT, OTHER, NAMED];
  isChanged = false;

  context() {
    const ask = async (route: string, parts: Parts, more: unknown) =>
      this.#answer(route, parts, more);
    return { user: { role: "user", extensions: [] }, api: { ask } } as unknown as Context;
  }

  #answer(route: string, { path, query, body }: Parts, more: unknown) {
    if (route.startsWith("POST ")) {
      this.sent.push([path, body, more]);
      if (this.isChanged) throw new ApiError(412, {});
      return { record: KEPT, dropped: [{ field: "name", value: "Huber" }] };
    }
    if (path) return this.records.find(({ id }) => id === path.record);
    return { items: query?.number ? [KEPT, OTHER] : [KEPT, NAMED], next: null };
  }
}

let server: Server;
let page: MergePage;

beforeEach(async () => {
  await load("admin");
  server = new Server();
  page = new MergePage(server.context(), "r1");
  document.body.append(page.element);
  await vi.waitFor(() => expect(all("merge-candidate")).toHaveLength(2));
});
afterEach(() => {
  page.stop();
  page.element.remove();
});

const all = (testid: string) => [
  ...page.element.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`),
];

test("records with the same number are offered before those with the same name", () => {
  expect(all("merge-candidate").map((each) => each.dataset.key)).toEqual(["r2", "r3"]);
});

test("both are merged in the versions that were compared, as the user has chosen", async () => {
  all("merge-candidate")[0]?.click();
  expect(document.activeElement).toBe(all("merge-heading")[0]);
  all("merge-name-other")[0]?.click();
  all("merge-do")[0]?.click();
  await vi.waitFor(() => expect(all("merge-result")).toHaveLength(1));
  const body = { other: "r2", other_version: 3, take: ["name"] };
  expect(server.sent).toEqual([[{ record: "r1" }, body, { version: KEPT.version }]]);
  expect(all("merge-dropped")[0]?.textContent).toContain("Name: Huber");
});

test("a record that somebody has changed is compared again before it is merged", async () => {
  all("merge-candidate")[0]?.click();
  all("merge-name-other")[0]?.click();
  server.isChanged = true;
  server.records = [KEPT, { ...OTHER, name: "Huber", version: 4 }];
  all("merge-do")[0]?.click();
  await vi.waitFor(() => expect(all("merge-note")[0]?.textContent).toContain("gerade geändert"));
  expect(all("merge-name-other"), "which is no conflict any more").toEqual([]);
  server.isChanged = false;
  all("merge-do")[0]?.click();
  await vi.waitFor(() => expect(all("merge-result")).toHaveLength(1));
  expect(server.sent.at(-1)).toEqual([
    { record: "r1" },
    { other: "r2", other_version: 4, take: [] },
    { version: KEPT.version },
  ]);
});

test("another record can be chosen", () => {
  all("merge-candidate")[0]?.click();
  all("merge-another")[0]?.click();
  expect(document.activeElement).toBe(all("merge-search")[0]);
});

test("fields are in conflict if both have a value", () => {
  const one = recordOf({ name: "A", address: "Gasse 1", owner: "anna", team: "Süd" });
  const two = recordOf({ name: "B", owner: "bert", inactive: true });
  expect(conflictsOf(one, two)).toEqual(["name", "owner", "inactive"]);
  // who sees the result follows from both
  expect(conflictsOf(one, { ...two, visible_to: "owner" })).toEqual(["name", "inactive"]);
});
