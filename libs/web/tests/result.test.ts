// How a call went, by the rules of domain/call_result.py.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RESULTS, resultOf, shownState } from "../src/calls/result";
import type { Call } from "../src/core/types";
import { setLanguage, t } from "../src/i18n/messages";
import { callOf, later, legOf, MORNING } from "./examples";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(MORNING) });
});
afterEach(() => {
  vi.useRealTimers();
});

const foreign = legOf({ extension: "22", answered: true });

test.each<[string, Partial<Call>]>([
  ["running", {}],
  ["missed", { outcome: "missed" }],
  ["unanswered", { outcome: "unanswered", direction: "outbound" }],
  ["answered", { outcome: "answered", legs: [legOf({ answered: true })] }],
  ["answered", { outcome: "answered", legs: [foreign] }],
  ["answered", { outcome: "answered", direction: "outbound", legs: [legOf(), foreign] }],
  ["answered", { outcome: "answered", legs: [legOf({ answered: true }), foreign] }],
  ["answered_elsewhere", { outcome: "answered", legs: [legOf(), foreign] }],
])("is %s for the user at 21: %o", (result, changes) => {
  expect(resultOf(callOf(changes), ["21"])).toBe(result);
});

test.each<[string, number, Partial<Call>]>([
  ["ringing", 15 * 60, {}],
  ["dialed", 15 * 60, { phase: "dialed", rung_at: null, dialed_at: MORNING }],
  ["connected", 12 * 3600, { phase: "connected" }],
])("whose end never came has no end signal after its deadline: %s", (phase, seconds, changes) => {
  const call = callOf(changes);
  vi.setSystemTime(Date.parse(later(seconds)));
  expect(shownState(call, ["21"])).toBe(phase);
  vi.setSystemTime(Date.parse(later(seconds + 1)));
  expect(shownState(call, ["21"])).toBe("no_end_signal");
  expect(shownState({ ...call, outcome: "missed" }, ["21"])).toBe("missed");
});

test("the deadline begins again with each event of a leg", () => {
  const call = callOf({ legs: [legOf(), legOf({ extension: "22", reopened_at: later(600) })] });
  vi.setSystemTime(Date.parse(later(1200)));
  expect(shownState(call, [])).toBe("ringing");
});

test("every result has its own words in both languages", async () => {
  for (const language of ["de", "en"] as const) {
    await setLanguage(language);
    const words = RESULTS.map((result) => t(`result.${result}`));
    expect(new Set(words).size).toBe(RESULTS.length);
    expect(words.filter((word) => word.startsWith("result."))).toEqual([]);
  }
});
