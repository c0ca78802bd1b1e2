// Shows each component with an example, and the colours and sizes they are made of.

import { html, render, type TemplateResult } from "lit";
import "../src/ui/card";
import "../src/ui/dialog";
import "../src/ui/empty-state";
import "../src/ui/form-field";
import "../src/ui/menu";
import "../src/ui/pill";
import "../src/ui/table";
import "../src/ui/toast";
import type { Dialog } from "../src/ui/dialog";
import type { ControlAttributes } from "../src/ui/form-field";
import type { Column } from "../src/ui/table";
import type { Toast } from "../src/ui/toast";

interface Person {
  name: string;
  calls: number;
}

const THEMES = ["system", "light", "dark"];
const STATES = ["dialed", "ringing", "connected", "ended", "missed", "elsewhere"];
const PEOPLE: Person[] = [
  { name: "Anna Albrecht", calls: 12 },
  { name: "Bernd Brandt", calls: 7 },
];
const COLUMNS: Column<Person>[] = [
  { title: "Name", cell: (person) => person.name },
  { title: "Calls", numeric: true, cell: (person) => person.calls },
];

const main = document.getElementById("components") as HTMLElement;
const dialog = () => main.querySelector("sc-dialog") as Dialog;
const toast = () => main.querySelector("sc-toast") as Toast;

function choose(theme: string) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

const button = (words: string, action: () => void) =>
  html`<button type="button" class="button" @click=${action}>${words}</button>`;

const input = ({ id, describedby, invalid }: ControlAttributes) =>
  html`<input id=${id} aria-describedby=${describedby} aria-invalid=${invalid} />`;

const example = (heading: string, lead: string, content: TemplateResult) =>
  html`<sc-card .heading=${heading} .lead=${lead} .content=${content}></sc-card>`;

/** The custom properties of tokens.css that begin like this. */
function tokens(prefix: RegExp) {
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const roots = rules.filter((rule): rule is CSSStyleRule => rule instanceof CSSStyleRule);
  const names = roots.filter((rule) => rule.selectorText === ":root").flatMap((r) => [...r.style]);
  return [...new Set(names)].filter((name) => prefix.test(name));
}

function swatch(name: string) {
  const box = document.createElement("div");
  box.className = "swatch";
  box.style.setProperty("--of", `var(${name})`);
  box.textContent = name;
  return box;
}

function sample(name: string) {
  const line = document.createElement("p");
  line.style.fontSize = `var(${name})`;
  line.textContent = `${name}: +49 89 99998001`;
  return line;
}

const COLOURS = /^--(?!text|space|radius|font|shadow|lightning)/;

render(
  html`
    <h1>Components</h1>
    ${example("Theme", "As the system says, or chosen.", html`<sc-menu label="Theme" .items=${THEMES.map((words) => ({ words, action: () => choose(words) }))}></sc-menu>`)}
    ${example("Colours", "Each has a light and a dark value.", html`<div class="swatches">${tokens(COLOURS).map(swatch)}</div>`)}
    ${example("Type", "Five sizes.", html`${tokens(/^--text/).map(sample)}`)}
    ${example("Pill", "A state as an icon and a word.", html`<div class="examples">${STATES.map((state) => html`<sc-pill .state=${state} .words=${state}></sc-pill>`)}</div>`)}
    ${example(
      "Form field",
      "With a label, a hint and a problem.",
      html`<div class="form-grid">
      <sc-form-field label="Name" hint="For example the desk it stands on." .control=${input}></sc-form-field>
      <sc-form-field label="Extension" problem="is not a number" .control=${input}></sc-form-field>
    </div>`,
    )}
    ${example("Table", "Rows keep their elements.", html`<sc-table label="People" .columns=${COLUMNS} .rows=${PEOPLE} .key=${(person: Person) => person.name}></sc-table>`)}
    ${example("Empty state", "Says why, and what next.", html`<sc-empty-state words="No phones yet." .action=${button("Add a phone", () => undefined)}></sc-empty-state>`)}
    ${example(
      "Dialog and toast",
      "",
      html`<div class="examples">
      ${button("Open the dialog", () => void dialog().show())}
      ${button("Show a toast", () => toast().say("Saved.", "good"))}
    </div>`,
    )}
    <sc-dialog
      heading="Remove this phone?"
      .content=${html`<p>It will not report calls any more.</p>`}
      .actions=${html`${button("Cancel", () => dialog().close())}${button("Remove", () => dialog().close())}`}
    ></sc-dialog>
    <sc-toast></sc-toast>
  `,
  main,
);
