// The filter of the call list: in the address, on calls of frames, and in spans of days.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  conditionsOf,
  type Filter,
  filterOf,
  fits,
  isSearchable,
  NO_FILTER,
  queryOf,
} from "../src/calls/filter";
import { keepQuery, place, placeQuery } from "../src/core/place";
import { daysOf, SPANS, spanOf } from "../src/history/days";
import { callOf, commentOf, legOf, MORNING, matchOf } from "./examples";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(MORNING) });
});
afterEach(() => {
  vi.useRealTimers();
});

const WHOLE: Filter = {
  q: "Huber & Söhne/1?#",
  user: "u1",
  extension: "*21#",
  from: "2026-03-01",
  to: "2026-03-02",
  result: "missed",
  direction: "inbound",
  mine: "yes",
};

describe("a filter in the address", () => {
  test("is read as it was written, and the place stays the calls", () => {
    keepQuery("calls", queryOf(WHOLE));
    expect(filterOf(placeQuery())).toEqual(WHOLE);
    expect(place()).toEqual({ name: "calls", id: null });
  });

  test("leaves no trace when it is reset", () => {
    keepQuery("calls", queryOf(WHOLE));
    keepQuery("calls", queryOf(NO_FILTER));
    expect(location.hash).toBe("#/calls");
    expect(filterOf(placeQuery())).toEqual(NO_FILTER);
  });

  test.each([
    "result=gone",
    "direction=up",
    "from=yesterday&to=2026-13-45",
    "mine=perhaps",
    "unknown=1",
  ])("ignores %s, which no list has", (query) => {
    expect(filterOf(new URLSearchParams(query))).toEqual(NO_FILTER);
  });

  test("keeps no text that the server refuses as too long", () => {
    expect(filterOf(new URLSearchParams({ q: "x".repeat(500) })).q).toHaveLength(128);
  });

  test("has one condition for both days", () => {
    expect(conditionsOf(WHOLE)).toBe(7);
    expect(conditionsOf(NO_FILTER)).toBe(0);
  });
});

describe("a call of a frame", () => {
  const call = callOf({
    name: "J. Keller",
    matches: [matchOf("Müller & Söhne GmbH")],
    comments: [commentOf("1")],
    legs: [legOf(), legOf({ extension: "22" })],
  });
  const anna = { id: "u1", name: "Anna", extension: "22" };
  const reader = { own: ["21"], usersAt: (at: string) => (at === "22" ? [anna] : []) };

  test.each<[Partial<Filter>, boolean]>([
    [{ q: "muel söh" }, true],
    [{ q: "MULLER kell" }, true],
    [{ q: "öhne" }, false],
    [{ q: "comment" }, true],
    [{ q: "9999" }, true],
    [{ q: "089 / 99998" }, true],
    [{ q: "0049 89 99998001" }, true],
    [{ q: "+49 (0)89 99998001" }, true],
    [{ q: "keller 8002" }, false],
    [{ user: "u1" }, true],
    [{ user: "u2" }, false],
    [{ extension: "22" }, true],
    [{ extension: "2" }, false],
    [{ mine: "yes" }, true],
    [{ from: "2026-03-02", to: "2026-03-02" }, true],
    [{ from: "2026-03-03" }, false],
    [{ to: "2026-03-01" }, false],
    [{ result: "running", direction: "inbound" }, true],
    [{ result: "answered" }, false],
  ])("is listed as the server would list it: %o", (filter, listed) => {
    expect(fits(call, { ...NO_FILTER, ...filter }, reader)).toBe(listed);
  });

  test("that was deleted is never listed", () => {
    expect(fits(callOf({ deleted_at: MORNING }), NO_FILTER, reader)).toBe(false);
  });
});

test.each([
  ["a", false],
  ["12", true],
  ["ab", true],
  ["-/-", false],
  ["123", true],
])("%s can be searched for: %s", (text, expected) => {
  expect(isSearchable(text)).toBe(expected);
});

test("a span of days is found again by its days", () => {
  expect(daysOf("yesterday")).toEqual({ from: "2026-03-01", to: "2026-03-01" });
  expect(daysOf("week")).toEqual({ from: "2026-02-24", to: "2026-03-02" });
  for (const span of SPANS.filter((each) => each !== "custom")) {
    const { from, to } = daysOf(span);
    expect(spanOf(from, to)).toBe(span);
  }
  expect([spanOf("", ""), spanOf("2026-01-01", "")]).toEqual(["", "custom"]);
});
