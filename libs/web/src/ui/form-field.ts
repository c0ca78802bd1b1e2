// A field of a form with its label, a hint, and the problem that the server has with its value.

import { html, nothing, type TemplateResult } from "lit";
import { nextId, PageElement } from "./element";

/** The attributes that join a control with its label, its hint and its problem. */
export interface ControlAttributes {
  id: string;
  describedby: string;
  invalid: "true" | "false";
}

export class FormField extends PageElement {
  static override properties = {
    name: {},
    label: {},
    hint: {},
    problem: {},
    layout: {},
    structured: { type: Boolean },
    control: { attribute: false },
  };
  /** The name that the server uses for the value. */
  declare name: string;
  declare label: string;
  declare hint: string;
  /** Empty if the value is good. */
  declare problem: string;
  /** `check` puts the label behind a checkbox, `wide` takes a whole row. */
  declare layout: "" | "check" | "wide";
  /** Whether the value has parts; then a problem names the part that it is about. */
  declare structured: boolean;
  /** Makes the input, select or text area; it sets all the attributes it gets. */
  declare control: (attributes: ControlAttributes) => TemplateResult;
  readonly #id = nextId("field");

  constructor() {
    super();
    this.name = this.label = this.hint = this.problem = this.layout = "";
    this.structured = false;
    this.control = () => html``;
    this.addEventListener("input", () => (this.problem = ""));
  }

  /** Focuses the control, and opens the part of the page that hides it. */
  focusControl() {
    this.closest("details")?.setAttribute("open", "");
    document.getElementById(this.#id)?.focus();
  }

  protected override render() {
    const [hint, problem] = [`${this.#id}-hint`, `${this.#id}-problem`];
    const invalid = this.problem ? "true" : "false";
    const error = this.name ? `error-${this.name}` : nothing;
    const layout = this.layout ? `field field-${this.layout}` : "field";
    return html`<div class=${layout}>
      <label class="field-label" for=${this.#id}>${this.label}</label>
      ${this.control({ id: this.#id, describedby: `${hint} ${problem}`, invalid })}
      ${this.hint ? html`<p class="hint" id=${hint}>${this.hint}</p>` : nothing}
      <p class="note bad" id=${problem} role="alert" data-testid=${error} ?hidden=${!this.problem}>${this.problem}</p>
    </div>`;
  }
}

customElements.define("sc-form-field", FormField);
