// The page of a record: its numbers and why some find nobody, its calls and comments, undo.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Context } from "../src/calls/context";
import { ApiError } from "../src/core/request";
import type { Role } from "../src/core/types";
import { load } from "../src/i18n/messages";
import { keepList, listAddress } from "../src/records/back";
import { RecordPage } from "../src/records/record";
import { callOf, commentOf, numberOf, recordOf } from "./examples";

const INTERNAL = numberOf({ number: "21", e164: null, keys: [], why: "number-internal" });
const MOBILE = numberOf({ number: "0171 3920070", e164: "+491713920070", keys: ["+491713920070"] });

/** A server with one record and its calls; a log that is away answers nothing. */
class Server {
  asked: string[] = [];
  changes: object[] = [];
  said: string[] = [];
  undo: (() => void) | null = null;
  isLogAway = false;
  calls = ["second", "first"];
  record = recordOf({ numbers: [numberOf(), INTERNAL, MOBILE] });

  context(role: Role) {
    return {
      user: { role, extensions: ["21"] },
      preferences: { recordUrl: "" },
      api: { ask: (...request: [string, never, never]) => this.#answer(...request) },
      say: (words: string) => this.said.push(words),
      offer: (_: string, { run }: { run: () => void }) => {
        this.undo = run;
      },
    } as unknown as Context;
  }

  async #answer(
    route: string,
    { query, body }: { query?: { record?: string }; body?: object },
    condition?: { version: number },
  ) {
    this.asked.push(route);
    if (route.startsWith("PATCH")) {
      if (condition?.version !== this.record.version) throw new ApiError(412, {});
      this.changes.push(body ?? {});
      this.record = recordOf({ ...this.record, ...{ proposed_ranges: [] }, version: 2 });
      return this.record;
    }
    if (route === "GET /api/calls") {
      if (this.isLogAway) throw new ApiError(503, {});
      return { items: this.calls.map((id) => callOf({ id: `${id} of ${query?.record}` })) };
    }
    if (route === "GET /api/comments") return { items: [commentOf("k")] };
    return this.record;
  }
}

let server: Server;
let page: RecordPage;

beforeEach(async () => {
  await load("admin");
  server = new Server();
});
afterEach(() => {
  vi.useRealTimers();
  page.stop();
  page.element.remove();
});

async function open(role: Role = "user") {
  page = new RecordPage(server.context(role), "r1");
  document.body.append(page.element);
  await vi.waitFor(() => expect(all("record-comments")).toHaveLength(1));
}

const all = (testid: string) => [
  ...page.element.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`),
];

const PROPOSAL = {
  range: "+498999998xx",
  number: "+49 89 99998-0",
  extension_digits: 2,
  lines: ["+49899999812", "+49899999834", "+49899999856"],
};

async function openWithProposal() {
  const proposed = { type: "organization" as const, proposed_ranges: [PROPOSAL] };
  server.record = recordOf({ ...proposed, dismissed_ranges: ["+493023125x"] });
  await open();
  expect(all("record-proposal")[0]?.textContent).toContain("+49 89 99998-xx");
}

test("a number block that direct lines suggest is added to the numbers", async () => {
  await openWithProposal();
  all("proposal-add")[0]?.click();
  await vi.waitFor(() => expect(all("record-proposal")).toHaveLength(0));
  const { number, extension_digits } = PROPOSAL;
  const before = numberOf();
  expect(server.changes).toEqual([
    {
      numbers: [
        { number: before.number, label: before.label, extension_digits: 0 },
        { number, label: "Zentrale", extension_digits },
      ],
    },
  ]);
});

test("a number block that is dismissed is not suggested again", async () => {
  await openWithProposal();
  all("proposal-dismiss")[0]?.click();
  await vi.waitFor(() => expect(all("record-proposal")).toHaveLength(0));
  expect(server.changes).toEqual([{ dismissed_ranges: ["+493023125x", "+498999998xx"] }]);
});

test("a suggestion for a record that somebody has changed is read again", async () => {
  await openWithProposal();
  server.record = recordOf({ ...server.record, version: 7 });
  all("proposal-add")[0]?.click();
  await vi.waitFor(() => expect(server.said).toHaveLength(1));
  expect(server.changes).toEqual([]);
});

test("a number that finds nobody has the reason next to it", async () => {
  await open();
  expect(all("record-number")).toHaveLength(3);
  expect(all("record-why").map((each) => each.textContent)).toEqual([
    "ist eine Nebenstelle und findet keinen Eintrag",
  ]);
});

test("the number of an exchange says which direct lines it stands for", async () => {
  const ranges = ["+498999998xx", "+498999998-0"];
  server.record = recordOf({ numbers: [numberOf({ ranges })] });
  await open();
  expect(all("record-range").map((each) => each.textContent)).toEqual([
    "dazu Durchwahlen mit 2 Stellen: +498999998…",
    "dazu die Durchwahlen der Zentrale +498999998-0",
  ]);
});

const calls = () => all("past-call").map((each) => each.dataset.call);

test("the calls are those of the record", async () => {
  await open();
  expect(calls()).toEqual(["second of r1", "first of r1"]);
  expect(all("record-comment")[0]?.textContent).toContain("comment k");
});

test("calls that follow a record that was just changed are shown", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  server.record = recordOf({ changed_at: new Date().toISOString() });
  server.calls = [];
  await open();
  expect(calls()).toEqual([]);
  server.calls = ["first"];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(calls()).toEqual(["first of r1"]);
  page.stop();
  const { length } = server.asked;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(server.asked).toHaveLength(length);
});

test("calls that cannot be read leave the comments as they are", async () => {
  server.isLogAway = true;
  await open();
  await vi.waitFor(() => expect(all("record-comment")).toHaveLength(1));
  expect(all("record-calls")[0]?.querySelector("[role=alert]")).not.toBeNull();
});

test("the way back leads to the list with its filter, for its user alone", async () => {
  history.replaceState(null, "", "#/directory?q=hub&type=lead");
  keepList("anna");
  history.replaceState(null, "", "#/directory/r1");
  await open();
  expect(all("records-back")[0]?.getAttribute("href")).toBe("#/directory");
  expect(listAddress("anna")).toBe("#/directory?q=hub&type=lead");
});

test("administrators delete a record, and undo takes it back", async () => {
  await open();
  expect(all("record-remove")).toEqual([]);
  await open("admin");
  all("record-remove")[0]?.click();
  await vi.waitFor(() => expect(server.undo).not.toBeNull());
  expect(location.hash).toBe("#/directory");
  server.undo?.();
  await vi.waitFor(() => expect(location.hash).toBe("#/directory/r1"));
  expect(server.asked.at(-1)).toBe("POST /api/directory/recycle-bin/{record}/restore");
});

test("the record says who sees it", async () => {
  const shown = async (sharing: object) => {
    server.record = recordOf(sharing);
    await open();
    const name = [...page.element.querySelectorAll("dt")].find(
      (each) => each.textContent === "Sichtbar für",
    );
    return name?.nextElementSibling?.textContent;
  };
  expect(await shown({})).toBe("alle");
  expect(await shown({ visible_to: "team", team: "Vertrieb", owner: "anna" })).toBe(
    "Team Vertrieb, anna",
  );
  expect(await shown({ visible_to: "owner", owner: "anna" })).toBe("anna");
  expect(await shown({ visible_to: "admins", owner: "anna" })).toBe("nur Administratoren");
});
