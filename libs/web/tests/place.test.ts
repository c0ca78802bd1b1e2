import { expect, test } from "vitest";
import { address, go, keepFilter, type Place, place, placeFilter } from "../src/core/place";

test.each<[string, Place]>([
  ["/", { name: "calls", id: null }],
  ["/#/calls/a%2Fb", { name: "calls", id: "a/b" }],
  ["/#/phones/new", { name: "phones", id: "new" }],
  ["/#/nothing/x", { name: "calls", id: "x" }],
  ["/#/phones/%E0%A4%A", { name: "phones", id: null }],
  ["/pop?number=08999998001", { name: "pop", id: "?number=08999998001" }],
  ["/pop?number=1#2", { name: "pop", id: "?number=1#2" }],
  ["/pop?number=1#/calls", { name: "calls", id: null }],
])("%s opens %o", (url, expected) => {
  history.replaceState(null, "", url);
  expect(place()).toEqual(expected);
});

test("an address leads to its place, whatever its id is", () => {
  const id = "ä/#?%&";
  expect(address("phones")).toBe("#/phones");
  go("phones", id);
  expect(place()).toEqual({ name: "phones", id });
});

test("the address keeps what differs from the default filter, and nothing that no filter has", () => {
  const defaults = { state: "waiting", queue: "", tenant: "" };
  history.replaceState(null, "", "/#/dead-letters?queue=calllog.call&else=1");
  expect(placeFilter(defaults)).toEqual({ state: "waiting", queue: "calllog.call", tenant: "" });
  keepFilter("dead-letters", { state: "", queue: "", tenant: "a&b" }, defaults);
  expect(location.hash).toBe("#/dead-letters?state=&tenant=a%26b");
  expect(placeFilter(defaults)).toEqual({ state: "", queue: "", tenant: "a&b" });
  keepFilter("dead-letters", defaults, defaults);
  expect(location.hash).toBe("#/dead-letters");
});
