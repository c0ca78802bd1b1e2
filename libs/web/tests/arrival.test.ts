import { beforeEach, expect, test } from "vitest";
import { arrival, rememberPlace } from "../src/people/arrival";

beforeEach(() => sessionStorage.clear());

test.each([
  ["/#/signed-in", { code: "", params: {} }],
  ["/#/signed-in/openid-expired", { code: "openid-expired", params: {} }],
  ["/#/signed-in/seats-full?seats=25", { code: "seats-full", params: { seats: "25" } }],
])("%s is an arrival", (url, expected) => {
  history.replaceState(null, "", url);
  expect(arrival()).toEqual(expected);
  expect(location.hash).toBe("");
  expect(arrival()).toBeNull();
});

test.each(["/", "/#/calls", "/#/signed-in-not", "/#/signed-in/A", "/#/signed-in/a/b"])(
  "%s is none",
  (url) => {
    history.replaceState(null, "", url);
    expect(arrival()).toBeNull();
    expect(location.pathname + location.hash).toBe(url);
  },
);

test("an address that somebody else has written shows no text of theirs", () => {
  history.replaceState(null, "", "/#/signed-in/seats-full?seats=call%20us&limit=1e9");
  expect(arrival()).toEqual({ code: "seats-full", params: {} });
});

test("the page opens again where it was", () => {
  history.replaceState(null, "", "/pop?number=08999998001");
  rememberPlace();
  history.replaceState(null, "", "/#/signed-in");
  arrival();
  expect(location.pathname + location.search).toBe("/pop?number=08999998001");
  history.replaceState(null, "", "/#/signed-in");
  arrival();
  expect(location.pathname + location.search).toBe("/");
});

test("the page opens at no other site", () => {
  for (const place of ["//example.com/", "https://example.com/", ""]) {
    sessionStorage.setItem("softphone.return", place);
    history.replaceState(null, "", "/#/signed-in");
    arrival();
    expect(location.pathname).toBe("/");
  }
});
