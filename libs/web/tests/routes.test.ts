import { expect, test } from "vitest";
import { addressOf } from "../src/core/routes";

test("a request has its path and its query escaped, and leaves out what is missing", () => {
  const query = { limit: 50, cursor: null, number: "+49 89", phase: undefined };
  expect(addressOf("GET /api/calls/{call}/comments", { call: "a/b c" }, query)).toEqual({
    method: "GET",
    address: "/api/calls/a%2Fb%20c/comments?limit=50&number=%2B49+89",
  });
});

test("a request without parameters has no question mark", () => {
  expect(addressOf("DELETE /api/session").address).toBe("/api/session");
});
