import { expect, test } from "vitest";
import { parameters } from "../src/pages/query";

test.each([
  ["?number=089&extension=21", { number: "089", extension: "21" }],
  ["?Number=089", { number: "089" }],
  ["?number=+4989", { number: " 4989" }],
  ["?number=%2B4989", { number: "+4989" }],
  ["?number=089&amp;extension=21", { number: "089", extension: "21" }],
  ["?number=089;extension=21", { number: "089", extension: "21" }],
  ["?number=&number=089", { number: "089" }],
  ["?number=089?extension=21", { number: "089", extension: "21" }],
  ["?name=M%FCller", { name: "Müller" }],
])("%s is read as hits are", (query, expected) => {
  expect(Object.fromEntries(parameters(query))).toEqual(expected);
});
