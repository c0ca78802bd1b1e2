import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { calledText, dialable, duration, numberText, when, who } from "../src/calls/format";
import { setLanguage } from "../src/i18n/messages";
import { callOf, MORNING, matchOf } from "./examples";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(MORNING) });
});
afterEach(() => {
  vi.useRealTimers();
});

const { remote } = callOf();

test.each([
  [0, "0:00"],
  [59.9, "0:59"],
  [60, "1:00"],
  [3599, "59:59"],
  [3600, "1:00:00"],
  [36_061, "10:01:01"],
])("%d seconds are %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

describe("a time", () => {
  test.each([
    ["2026-03-02T06:05:00Z", "heute 07:05"],
    ["2026-03-01T22:59:00Z", "gestern 23:59"],
    ["2026-03-01T23:01:00Z", "heute 00:01"],
    ["2026-02-14T12:00:00Z", "14.02. 13:00"],
    ["2025-12-31T12:00:00Z", "31.12.2025 13:00"],
  ])("of %s is %s", (time, text) => {
    expect(when(time)).toBe(text);
  });

  test("is in the language of the page", async () => {
    await setLanguage("en");
    expect(when("2026-03-02T06:05:00Z")).toMatch(/^today/);
  });
});

describe("a number", () => {
  test.each([
    [remote, "+49 89 99998001", "+498999998001"],
    [{ ...remote, ext: "12" }, "+49 89 99998001 Nebenstelle 12", "+498999998001,,12"],
    [{ ...remote, kind: "anonymous" as const }, "Unbekannt/anonym", null],
    [{ ...remote, kind: "invalid" as const }, "+49 89 99998001", null],
    [{ ...remote, e164: null, display: "*21*08999998001#" }, "*21*08999998001#", null],
    [{ ...remote, e164: null, kind: "internal" as const, display: "22" }, "22", "22"],
  ])("is shown, and dialled only if it is no code: %o", (number, text, dialled) => {
    expect(dialable(number)).toBe(dialled);
    expect(numberText(number)).toBe(text);
  });

  test("that was called has its name", () => {
    const call = callOf({ called: { ...remote, display: "089 999980" }, called_name: "Empfang" });
    expect(calledText(call)).toBe("für Empfang 089 999980");
    expect(calledText(callOf())).toBe("");
  });
});

test("the first match names a caller before the phone does", () => {
  const matches = [matchOf("Keller"), matchOf("Huber")];
  expect(who(callOf({ name: "K." }))).toEqual({ name: "K.", others: 0 });
  expect(who(callOf({ name: "K.", matches }))).toEqual({ name: "Keller", others: 1 });
});
