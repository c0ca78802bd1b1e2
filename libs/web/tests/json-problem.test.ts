import { expect, test } from "vitest";
import { jsonProblem } from "../src/inspector/json-problem";

test.each(["{}", ' {"a": [1, -2.5e3, true, null, "\\u00e4\\n"], "b": {"c": []}} ', "[]", '"text"'])(
  "%s is JSON",
  (text) => {
    expect(JSON.parse(text)).toBeDefined();
    expect(jsonProblem(text)).toBeNull();
  },
);

test.each([
  ["{", "end", 1, 2],
  ["", "end", 1, 1],
  ['{"a": 1', "end", 1, 8],
  ['{"a": 1,}', "comma", 1, 8],
  ['{"a": 1\n "b": 2}', "comma", 2, 2],
  ["[1 2]", "comma", 1, 4],
  ["{'a': 1}", "quote", 1, 2],
  ['{"a": „b“}', "quote", 1, 7],
  ['{"a": "b}', "string", 1, 7],
  ["{a: 1}", "key", 1, 2],
  ['{"a" 1}', "colon", 1, 6],
  ['{"a": x}', "value", 1, 7],
  ['{"a":\n  undefined}', "value", 2, 3],
  ["{} x", "more", 1, 4],
  ["01", "more", 1, 2],
])("%s is no JSON: %s at line %i, column %i", (text, code, line, column) => {
  expect(() => JSON.parse(text)).toThrow();
  expect(jsonProblem(text)).toEqual({ code, line, column });
});
