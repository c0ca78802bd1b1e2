// Addresses of strangers lead to web pages only, and a path to this host only.

import { expect, test } from "vitest";
import { safeUrl } from "../src/dom/safe-url";

test.each(["https://crm.example/7", "http://crm.example//7"])("%s leads there", (url) => {
  expect(safeUrl(url)).toBe(url);
});

test("a path leads to this host", () => {
  expect(safeUrl("/crm/7")).toBe(`${location.origin}/crm/7`);
});

test.each([
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "crm",
  "",
])("%j leads nowhere", (url) => {
  expect(safeUrl(url)).toBeNull();
});
