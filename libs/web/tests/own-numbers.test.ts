// The company's numbers without a record, and how many last digits make numbers similar.

import { render } from "lit";
import { beforeEach, expect, test, vi } from "vitest";
import type { TenantChanges } from "../src/api/ingest";
import { ignoredNumbersForm } from "../src/company/own-numbers";
import type { TenantEditor } from "../src/company/tenant-api";
import "../src/forms/form";
import type { Form } from "../src/forms/form";
import type { Lines } from "../src/forms/lines";
import { load } from "../src/i18n/messages";

const DOOR = { number: "089 99998777", name: "Tür" };

beforeEach(() => load("admin"));

async function opened(last_digits: number) {
  const saved: TenantChanges[] = [];
  const editor = {
    stored: { ignored_numbers: [DOOR], last_digits },
    save: async (change: () => TenantChanges) => {
      saved.push(change());
      return "";
    },
  } as unknown as TenantEditor;
  render(ignoredNumbersForm(editor), document.body);
  const form = document.querySelector("sc-form") as Form;
  const marked = () => document.querySelector<HTMLOptionElement>("option[selected]")?.value;
  await vi.waitFor(() => expect(marked()).toBe(String(last_digits)));
  await (form.querySelector("sc-lines") as Lines).updateComplete;
  return { form, saved };
}

const choice = () => document.querySelector("[data-testid=last_digits]") as HTMLSelectElement;

test("the list and the choice of last digits are shown and saved", async () => {
  const { form, saved } = await opened(7);
  choice().value = "8";
  await form.submit();
  choice().value = "0";
  await form.submit();
  expect(saved).toEqual([
    { ignored_numbers: [DOOR], last_digits: 8 },
    { ignored_numbers: [DOOR], last_digits: 0 },
  ]);
});

test("fewer than six digits cannot be chosen", async () => {
  await opened(0);
  const values = [...choice().options].map((option) => option.value);
  expect(values).toEqual(["0", "9", "8", "7", "6"]);
});
