// The form of a source: what it sends, and what a stored source becomes in it.

import { expect, test } from "vitest";
import type { Source } from "../src/api/matcher";
import { NEW, NO_MAPPING, orderOf, PEOPLE, valuesOf } from "../src/imports/source-api";

const STORED: Source = {
  id: "s1",
  name: "crm",
  kind: "json",
  address: "https://crm.example.com/contacts",
  items: "data",
  paging: "page",
  next_path: "",
  parameter: "page",
  partner_module: "",
  base: "",
  filter: PEOPLE,
  credentials: "basic",
  credentials_name: "connector",
  mapping: { ...NO_MAPPING, host_id: "id" },
  complete: true,
  schedule: { every_minutes: 15, at: null },
  active: true,
  has_secret: true,
  next_at: null,
  last_run: "",
  changed_by: "anna",
  changed_at: "2026-03-02T00:00:00Z",
};

test("a stored source is sent again without its secret", () => {
  const order = orderOf(valuesOf(STORED));
  expect(order).toMatchObject({ name: "crm", parameter: "page", secret: null });
  expect(order.schedule).toEqual({ every_minutes: 15, at: null });
  expect(order.mapping).toEqual(STORED.mapping);
  expect(order).not.toHaveProperty("id");
});

test("a secret that was typed is sent, but not without a sign-in", () => {
  const values = { ...valuesOf(STORED), secret: "new" };
  expect(orderOf(values).secret).toBe("new");
  expect(orderOf({ ...values, credentials: "none" })).toMatchObject({
    secret: null,
    credentials_name: "",
  });
});

test("a source has an interval, a time of the day, or neither", () => {
  const at = valuesOf({ ...STORED, schedule: { every_minutes: null, at: "03:15" } });
  expect([at.schedule, at.at]).toEqual(["at", "03:15"]);
  expect(orderOf(at).schedule).toEqual({ every_minutes: null, at: "03:15" });
  expect(orderOf({ ...at, schedule: "" }).schedule).toEqual({ every_minutes: null, at: null });
  expect(orderOf({ ...NEW, schedule: "60" }).schedule).toEqual({ every_minutes: 60, at: null });
});

test("settings of another kind of paging are not sent", () => {
  const values = { ...valuesOf(STORED), next_path: "links.next" };
  expect(orderOf(values)).toMatchObject({ parameter: "page", next_path: "" });
  expect(orderOf({ ...values, paging: "next" })).toMatchObject({
    parameter: "",
    next_path: "links.next",
  });
});
