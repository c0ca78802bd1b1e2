// A form that shows each problem at the field it is about, and knows whether its input is saved.

import { html, nothing, type TemplateResult } from "lit";
import { ApiError } from "../core/request";
import type { FieldProblem } from "../core/types";
import { t } from "../i18n/messages";
import { fieldText } from "../i18n/problems";
import { reason } from "../i18n/reason";
import { PageElement } from "../ui/element";
import type { FormField } from "../ui/form-field";
import { forgetUnsaved, type Unsaved, watchUnsaved } from "./unsaved";
import { Values } from "./values";
import "../ui/form-field";

/** Sends the values and returns the text to show; it may throw an ApiError or a FieldError. */
export type Work = (values: Values) => Promise<string>;

/** A value that cannot be sent at all, such as two passwords that differ. */
export class FieldError extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/** The forms of the page: a note of one goes away when another is sent. */
const shown = new Set<Form>();

export class Form extends PageElement implements Unsaved {
  static override properties = {
    content: { attribute: false },
    words: {},
    work: { attribute: false },
    actions: { attribute: false },
    testid: {},
    transient: { type: Boolean },
    note: { state: true },
    bad: { state: true },
    busy: { state: true },
  };
  /** The fields, made by form-controls.ts; each has the name that the server uses for it. */
  declare content: TemplateResult;
  /** The words of the button that sends the form. */
  declare words: string;
  declare work: Work;
  /** More buttons next to the one that sends the form. */
  declare actions: TemplateResult | null;
  /** The id of the button for tests. */
  declare testid: string;
  /** Whether the input is only tried and never stored, so that it may be left without a question. */
  declare transient: boolean;
  declare note: string;
  declare bad: boolean;
  declare busy: boolean;
  #saved = "";

  constructor() {
    super();
    this.content = html``;
    this.words = t("form.save");
    this.work = async () => "";
    this.actions = null;
    this.note = "";
    this.testid = "save";
    this.bad = this.busy = this.transient = false;
  }

  override connectedCallback() {
    super.connectedCallback();
    shown.add(this);
    watchUnsaved(this);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    shown.delete(this);
    forgetUnsaved(this);
  }

  get values() {
    return new Values(this.querySelector("form") as HTMLFormElement);
  }

  get isUnsaved() {
    return !this.transient && this.isChanged;
  }

  /** Whether somebody has changed the fields since they were shown or saved. */
  get isChanged() {
    return this.#saved !== "" && this.values.text !== this.#saved;
  }

  /** Notes that the present input is the one that the server has. */
  keep() {
    this.#saved = this.values.text;
  }

  /** Shows a message at the button. */
  say(words: string, kind: "good" | "bad" = "good") {
    this.note = words;
    this.bad = kind === "bad";
  }

  protected override async firstUpdated() {
    await this.keepShown();
  }

  /** Notes the input as the server's, once the fields show what was given to them. */
  async keepShown() {
    await this.updateComplete;
    let done = 0;
    // parts that are drawn may have parts of their own
    for (let parts = this.#parts; parts.length > done; parts = this.#parts) {
      done = parts.length;
      await Promise.all(parts.map((part) => part.updateComplete));
    }
    this.keep();
  }

  get #parts() {
    return [...this.querySelectorAll("*")].filter((part) => part instanceof PageElement);
  }

  async submit() {
    if (this.busy) return;
    for (const form of shown) form.say("");
    for (const field of this.#fields) field.problem = "";
    if (this.#isIncomplete()) return;
    this.busy = true;
    const values = this.values;
    try {
      const words = await this.work(values);
      await this.updateComplete;
      if (this.isConnected) this.keep();
      this.say(words);
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy = false;
    }
  }

  /** Shows what failed: at the fields, and what belongs to no field at the button. */
  fail(error: unknown) {
    if (error instanceof FieldError) {
      if (!this.#at(error.field, error.message)) this.say(error.message, "bad");
      return;
    }
    const isWhole = !(error instanceof ApiError) || error.status >= 500;
    const problems = isWhole ? [] : (error.problem.errors ?? []);
    const rest = problems.filter((problem) => !this.#at(problem.field, textOf(problem)));
    if (problems.length === 0) this.say(reason(error), "bad");
    else if (rest.length === 0) this.say(t("form.check"), "bad");
    else this.say(rest.map((each) => `${each.field}: ${textOf(each)}`).join("; "), "bad");
  }

  get #fields() {
    return [...this.querySelectorAll<FormField>("sc-form-field")];
  }

  /** Shows a problem at the field with this name or a name that begins it; false without one. */
  #at(name: string, words: string) {
    const field = this.#fields.find((each) => isAbout(name, each.name));
    if (field === undefined) return false;
    const isPart = field.structured && name !== field.name;
    const text = isPart ? `${name}: ${words}` : words;
    const isFirst = this.#fields.every((each) => each.problem === "");
    field.problem = field.problem ? `${field.problem}; ${text}` : text;
    if (isFirst) field.focusControl();
    return true;
  }

  #isIncomplete() {
    const empty = [...this.querySelectorAll<HTMLInputElement>("[required]")].filter(
      (control) => control.value.trim() === "",
    );
    for (const control of empty) this.#at(control.name, t("form.missing"));
    return empty.length > 0;
  }

  #onSubmit(event: Event) {
    event.preventDefault();
    event.stopPropagation();
    void this.submit();
  }

  #onInput() {
    if (this.note) this.say("");
  }

  protected override render() {
    return html`<form class="form" novalidate @submit=${this.#onSubmit} @input=${this.#onInput}>
      <div class="form-grid">${this.content}</div>
      <div class="form-foot">
        <button class="button" data-testid=${this.testid} ?disabled=${this.busy}>${this.words}</button>
        ${this.actions ?? nothing}
        <p class=${this.bad ? "note bad" : "note"} role="status" data-testid="form-note">${this.note}</p>
      </div>
    </form>`;
  }
}

function isAbout(problem: string, field: string) {
  return field !== "" && (problem === field || problem.startsWith(`${field}.`));
}

function textOf(problem: FieldProblem) {
  return fieldText(problem);
}

customElements.define("sc-form", Form);
