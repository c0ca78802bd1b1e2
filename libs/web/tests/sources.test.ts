// The form of a source: what it sends, and what a stored source becomes in it.

import { render } from "lit";
import { expect, test, vi } from "vitest";
import type { Source } from "../src/api/matcher";
import { SourceForm } from "../src/imports/source-form";
import { NEW, NO_MAPPING, orderOf, valuesOf, withKind } from "../src/imports/source-values";

const STORED: Source = {
  id: "s1",
  name: "crm",
  kind: "json",
  address: "https://crm.example.com/contacts",
  items: "data",
  paging: "page",
  next_path: "",
  parameter: "page",
  base: "",
  filter: "",
  partner_module: "",
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

test("another kind does not get the secret that was typed", () => {
  const values = { ...valuesOf(STORED), secret: "typed" };
  expect(withKind(values, "vtiger").secret).toBe("");
  expect(orderOf(withKind(values, "vtiger")).secret).toBeNull();
});

test("another kind shows no failure of the kind before", async () => {
  const test = vi.fn().mockRejectedValue(new Error("refused"));
  const page = document.createElement("main");
  const draw = () => render(form.draw(), page);
  const form = new SourceForm({ test, save: vi.fn() } as never, draw, vi.fn());
  const at = (name: string) =>
    page.querySelector<HTMLSelectElement>(`[data-testid=source-${name}]`);
  form.show(null);
  draw();
  at("test")?.click();
  await vi.waitFor(() => expect(at("failure")).not.toBeNull());
  const kind = at("kind") as HTMLSelectElement;
  kind.value = "vtiger";
  kind.dispatchEvent(new Event("change"));
  expect(at("failure")).toBeNull();
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

test("fields that a kind does not read are not sent", () => {
  const values = { ...valuesOf(STORED), base: "dc=example", partner_module: "Partners" };
  const cards = orderOf(withKind(values, "carddav"));
  expect(cards).toMatchObject({ kind: "carddav", credentials: "basic" });
  for (const field of [
    "mapping",
    "items",
    "paging",
    "parameter",
    "base",
    "partner_module",
    "complete",
  ])
    expect(cards).not.toHaveProperty(field);
  expect(orderOf(withKind(values, "ldap"))).toMatchObject({ base: "dc=example", complete: true });
  expect(orderOf(withKind(values, "ldap"))).not.toHaveProperty("filter");
  expect(orderOf(withKind(values, "vtiger"))).toMatchObject({ partner_module: "Partners" });
});

test("another kind has its own scheme and its own ways to sign in", () => {
  expect(withKind(NEW, "ldap")).toMatchObject({ address: "ldaps://", credentials: "none" });
  expect(withKind(withKind(NEW, "ldap"), "vtiger")).toMatchObject({
    address: "https://",
    credentials: "basic",
  });
  const typed = { ...NEW, address: "https://crm.example.com" };
  expect(withKind(typed, "vtiger").address).toBe("https://crm.example.com");
  expect(withKind({ ...NEW, credentials: "header" }, "carddav").credentials).toBe("basic");
});
