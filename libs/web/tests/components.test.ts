import { html, render } from "lit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import "../src/ui/card";
import "../src/ui/dialog";
import "../src/ui/empty-state";
import "../src/ui/form-field";
import "../src/ui/menu";
import "../src/ui/pill";
import "../src/ui/table";
import "../src/ui/toast";
import type { TemplateResult } from "lit";
import type { Dialog } from "../src/ui/dialog";
import type { PageElement } from "../src/ui/element";
import type { ControlAttributes } from "../src/ui/form-field";
import type { Menu } from "../src/ui/menu";
import type { Column, Table } from "../src/ui/table";
import type { Toast } from "../src/ui/toast";

async function shown<E extends PageElement>(template: TemplateResult): Promise<E> {
  render(template, document.body);
  const element = document.body.firstElementChild as E;
  await element.updateComplete;
  return element;
}

const text = (element: Element | null) => element?.textContent?.replace(/\s+/g, " ").trim();

beforeEach(() => {
  render(html``, document.body);
});
afterEach(() => {
  vi.useRealTimers();
});

test("a pill says its state in a word and hides its icon from screen readers", async () => {
  const pill = await shown(html`<sc-pill state="ringing" words="klingelt"></sc-pill>`);
  expect(text(pill)).toBe("klingelt");
  expect(pill.querySelector(".pill-ringing svg")?.getAttribute("aria-hidden")).toBe("true");
  expect(pill.querySelector("path")?.getAttribute("d")).toMatch(/^M/);
});

test("a card is a region named by its title", async () => {
  const content = html`<p>inside</p>`;
  const card = await shown(
    html`<sc-card heading="Nummern" lead="Alle" .content=${content}></sc-card>`,
  );
  const region = card.querySelector("section");
  const title = card.querySelector(`#${region?.getAttribute("aria-labelledby")}`);
  expect([text(title), text(card.querySelector(".panel-body"))]).toEqual(["Nummern", "inside"]);
});

test("a form field joins its control with label, hint and problem", async () => {
  const control = ({ id, describedby, invalid }: ControlAttributes) =>
    html`<input id=${id} aria-describedby=${describedby} aria-invalid=${invalid} />`;
  const field = await shown(
    html`<sc-form-field label="Name" hint="kurz" problem="fehlt" .control=${control}></sc-form-field>`,
  );
  const input = field.querySelector("input");
  expect(field.querySelector("label")?.htmlFor).toBe(input?.id);
  const described = (input?.getAttribute("aria-describedby") ?? "").split(" ");
  expect(described.map((id) => text(field.querySelector(`#${id}`)))).toEqual(["kurz", "fehlt"]);
  expect(input?.getAttribute("aria-invalid")).toBe("true");
});

test("texts of strangers stay texts", async () => {
  const name = "<img src=x onerror=alert(1)>";
  const card = await shown(html`<sc-card .heading=${name}></sc-card>`);
  expect([text(card.querySelector("h2")), card.querySelector("img")]).toEqual([name, null]);
});

describe("a table", () => {
  interface Row {
    id: number;
    name: string;
  }
  const columns: Column<Row>[] = [
    { title: "Name", cell: ({ name }) => html`<input aria-label=${name} />` },
    { title: "Id", numeric: true, cell: ({ id }) => id },
  ];
  const rows = [
    { id: 1, name: "a" },
    { id: 2, name: "b" },
  ];
  const tableOf = () =>
    shown<Table<Row>>(
      html`<sc-table label="Zeilen" empty="nichts" .columns=${columns} .rows=${rows} .key=${(row: Row) => row.id}></sc-table>`,
    );

  test("keeps the focus in a row when others come and go", async () => {
    const table = await tableOf();
    const input = table.querySelector<HTMLInputElement>("[aria-label=b]");
    input?.focus();
    table.rows = [
      { id: 3, name: "new" },
      { id: 2, name: "b" },
    ];
    await table.updateComplete;
    expect(document.activeElement).toBe(input);
    expect([...table.querySelectorAll("tbody tr")].map(text)).toEqual(["3", "2"]);
  });

  test("without rows says why", async () => {
    const table = await tableOf();
    table.rows = [];
    await table.updateComplete;
    expect(text(table.querySelector("[role=status]"))).toBe("nichts");
  });
});

describe("a menu", () => {
  const press = (menu: Menu, key: string) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    (document.activeElement ?? menu).dispatchEvent(event);
    return menu.updateComplete;
  };
  const focused = () => text(document.activeElement);

  test("is worked by keys, and gives the focus back", async () => {
    const chosen: string[] = [];
    const items = ["eins", "zwei"].map((words) => ({ words, action: () => chosen.push(words) }));
    const menu = await shown<Menu>(html`<sc-menu label="Mehr" .items=${items}></sc-menu>`);
    const button = menu.querySelector("button");
    button?.focus();
    await press(menu, "ArrowDown");
    expect([focused(), button?.getAttribute("aria-expanded")]).toEqual(["eins", "true"]);
    await press(menu, "ArrowUp");
    expect(focused()).toBe("zwei");
    await press(menu, "ArrowDown");
    expect(focused()).toBe("eins");
    await press(menu, "Escape");
    expect([document.activeElement, menu.open]).toEqual([button, false]);
    await press(menu, "ArrowDown");
    (document.activeElement as HTMLElement).click();
    await menu.updateComplete;
    expect([chosen, menu.open]).toEqual([["eins"], false]);
  });
});

test("a dialog is named, opens as modal and says that it was closed", async () => {
  const dialog = await shown<Dialog>(html`<sc-dialog heading="Sicher?"></sc-dialog>`);
  let closed = 0;
  dialog.addEventListener("closed", () => (closed += 1));
  await dialog.show();
  const inner = dialog.querySelector("dialog");
  expect([inner?.open, text(dialog.querySelector("h2"))]).toEqual([true, "Sicher?"]);
  dialog.close();
  expect([inner?.open, closed]).toEqual([false, 1]);
});

test("a toast goes away by itself", async () => {
  vi.useFakeTimers();
  const toast = await shown<Toast>(html`<sc-toast></sc-toast>`);
  const line = () => toast.querySelector<HTMLElement>("p");
  expect(line()?.hidden).toBe(true);
  toast.say("Gespeichert.", "good");
  await toast.updateComplete;
  expect([text(line()), line()?.hidden]).toEqual(["Gespeichert.", false]);
  vi.advanceTimersByTime(8000);
  await toast.updateComplete;
  expect(line()?.hidden).toBe(true);
});

test("an empty list after a failure is an alert with a next step", async () => {
  const action = html`<button>Erneut</button>`;
  const empty = await shown(
    html`<sc-empty-state words="Kein Netz" bad .action=${action}></sc-empty-state>`,
  );
  expect(text(empty.querySelector("[role=alert]"))).toBe("Kein Netz");
  expect(empty.querySelector("button")).not.toBeNull();
});
