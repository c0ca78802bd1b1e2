// The directory: its list, its filter in the address, and its numbers.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Context } from "../src/calls/context";
import { ApiError } from "../src/core/request";
import type { DirectoryRecord, Page } from "../src/core/types";
import { load } from "../src/i18n/messages";
import { enter, step } from "../src/keys/rows";
import { dialledOf } from "../src/records/number";
import { RecordsPage } from "../src/records/records";
import type { Table } from "../src/ui/table";
import { numberOf, recordOf } from "./examples";

type Query = Record<string, unknown>;

/** A server that notes queries and answers as it is set to. */
class Server {
  queries: Query[] = [];
  dialled: string[] = [];
  answer: Page<DirectoryRecord> | Error = { items: [], next: null };
  readonly context = {
    user: { role: "user", extensions: ["21"] },
    api: {
      ask: async (_: string, { query }: { query: Query }) => {
        this.queries.push(query);
        if (this.answer instanceof Error) throw this.answer;
        return this.answer;
      },
    },
    dial: (number: string) => this.dialled.push(number),
  } as unknown as Context;
}

let server: Server;
let page: RecordsPage | null = null;

beforeEach(async () => {
  await load("admin");
  server = new Server();
});
afterEach(() => {
  page?.stop();
  page?.element.remove();
});

const at = (testid: string) =>
  page?.element.querySelector<HTMLElement>(`[data-testid="${testid}"]`) ?? null;
const words = (testid: string) => at(testid)?.textContent?.trim();

async function open(...records: DirectoryRecord[]) {
  if (records.length > 0) server.answer = { items: records, next: null };
  page = new RecordsPage(server.context);
  document.body.append(page.element);
  await vi.waitFor(() => expect(page?.element.querySelector(".skeleton-rows")).toBeNull());
  await page.element.querySelector<Table<unknown>>("sc-table")?.updateComplete;
}

function type(text: string) {
  const search = at("search") as HTMLInputElement;
  search.value = text;
  search.dispatchEvent(new Event("input", { bubbles: true }));
}

test("a pause in typing searches, and the address keeps the text", async () => {
  await open(recordOf());
  expect(words("records-count")).toBe("1 Eintrag");
  server.answer = { items: [recordOf(), recordOf({ id: "r2" })], next: "c2" };
  for (const text of ["h", "hu", "hub"]) type(text);
  await vi.waitFor(() => expect(words("records-count")).toBe("Mehr als 2 Einträge"));
  expect(server.queries.map(({ q }) => q)).toEqual([null, "hub"]);
  expect(location.hash).toBe("#/directory?q=hub");
});

test("a text that is too short for a search is none, and says so", async () => {
  await open(recordOf());
  type("h");
  expect(page?.element.querySelector("#search-hint")?.textContent).toBe("");
  await vi.waitFor(() => expect(server.queries).toHaveLength(2));
  expect(server.queries[1]?.q).toBeNull();
  expect(page?.element.querySelector("#search-hint")?.textContent).toContain("zwei Buchstaben");
});

test("the address has the filter; a type that no record has is none", async () => {
  history.replaceState(null, "", "#/directory?q=huber&type=lead&inactive=yes&tag=VIP");
  await open(recordOf());
  const asked = { q: "huber", type: "lead", inactive: true, tag: "VIP" };
  expect(server.queries[0]).toMatchObject(asked);
  at("records-tag")?.click();
  at("records-reset")?.click();
  await vi.waitFor(() => expect(server.queries).toHaveLength(3));
  expect(location.hash).toBe("#/directory");
  page?.stop();
  history.replaceState(null, "", "#/directory?type=nobody");
  await open();
  expect(server.queries.at(-1)?.type).toBeNull();
});

test.each([
  ["#/directory", "Noch keine Kontakte"],
  ["#/directory?q=nobody", "Kein Eintrag passt"],
])("without records %s says why", async (address, expected) => {
  history.replaceState(null, "", address);
  await open();
  await vi.waitFor(() => expect(page?.element.textContent).toContain(expected));
  expect(at("record-add")?.getAttribute("href")).toBe("#/directory/new");
});

test("a list that cannot be read says why and can be read again", async () => {
  server.answer = new ApiError(0, {});
  await open();
  await vi.waitFor(() => expect(page?.element.textContent).toContain("nicht gelesen"));
  server.answer = { items: [recordOf()], next: null };
  at("list-more")?.click();
  await vi.waitFor(() => expect(words("records-count")).toBe("1 Eintrag"));
});

test("arrow keys go through the names and the numbers, and a click calls", async () => {
  await open(recordOf(), recordOf({ id: "r2", numbers: [numberOf({ ext: "7" })] }));
  expect(enter(page?.element)).toBe(true);
  expect(document.activeElement?.getAttribute("href")).toBe("#/directory/r1");
  const [first, second] = page?.element.querySelectorAll<HTMLElement>("button.dials") ?? [];
  first?.focus();
  step(first as HTMLElement, 1);
  expect(document.activeElement).toBe(second);
  second?.click();
  expect(server.dialled).toEqual(["+498999998001,,7"]);
});

test.each([
  [{}, "+498999998001"],
  [{ e164: null, keys: [], number: "21", why: "number-internal" }, "21"],
  [{ e164: null, keys: [], number: "116117", why: "number-service" }, "116117"],
  [{ e164: null, keys: [], number: "*21*5#", why: "number-service" }, null],
  [{ e164: null, keys: [], number: "ask Eva", why: "number-unreadable" }, null],
  [{ e164: null, keys: [], number: "anonymous", why: "number-withheld" }, null],
  [{ e164: null, keys: [], number: "12", why: "a newer reason" }, null],
])("a click on the number %j calls %j", (changes, expected) => {
  expect(dialledOf(numberOf(changes))).toBe(expected);
});
