import { render } from "lit";
import { expect, test } from "vitest";
import { plain, stranger } from "../src/dom/stranger";

test.each([
  ["\u202eGmbH nehcnüM", "GmbH nehcnüM"],
  ["\u2067Huber\u2069", "Huber"],
  [`Z${"\u0301".repeat(40)}algo`, `Z${"\u0301".repeat(4)}algo`],
  ["Huber\r\nMaria\u0000", "Huber Maria"],
  ["שלום Nguyễn ก็่ ตี๋", "שלום Nguyễn ก็่ ตี๋"],
])("%j is shown as %j", (text, shown) => {
  expect(plain(text)).toBe(shown);
});

test("a stranger's text is isolated and no markup", () => {
  render(stranger("<b>Eve</b>"), document.body);
  expect(document.querySelector("bdi.stranger")?.textContent).toBe("<b>Eve</b>");
  expect(document.querySelector("b")).toBeNull();
});
