// A form that shows each problem at the field it is about.
/** @import { Child } from "./dom.js" */
/** @import { FieldProblem } from "./types.js" */

import { ApiError, reason } from "./api.js";
import { h, setText } from "./dom.js";
import { t } from "./messages.js";
import { fieldText } from "./problems.js";

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

let count = 0;

/** `work` sends the form and returns the text to show; it may throw an ApiError or FieldError. */
export class Form {
  /** @type {Map<string, { control: Control, error: HTMLElement }>} */
  #fields = new Map();
  note = h("p", { class: "note", role: "status", "data-testid": "form-note" });

  /**
   * @param {string} words on the button
   * @param {() => Promise<string>} work
   */
  constructor(words, work) {
    this.work = work;
    this.button = h("button", { class: "button", "data-testid": "save" }, words);
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      void this.submit();
    };
    this.element = h("form", { class: "form", novalidate: true, onsubmit: submit });
  }

  /** @param {...Child} children the content before the button */
  fill(...children) {
    const foot = h("div", { class: "form-foot" }, this.button, this.note);
    this.element.replaceChildren(h("div", { class: "form-grid" }, ...children), foot);
    return this.element;
  }

  /**
   * @param {string} name the server's name of the field
   * @param {string} label
   * @param {Control} control
   * @param {string} [hint]
   */
  field(name, label, control, hint) {
    const id = `field-${++count}`;
    const error = h("p", { class: "note bad", id: `${id}-error`, role: "alert", hidden: true });
    error.dataset.testid = `error-${name}`;
    control.id = id;
    control.dataset.testid ??= name;
    control.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
    control.addEventListener("input", () => this.#show(name, ""));
    this.#fields.set(name, { control, error });
    return h(
      "div",
      { class: control instanceof HTMLTextAreaElement ? "field field-wide" : "field" },
      h("label", { class: "field-label", for: id }, label),
      control,
      hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
      error,
    );
  }

  async submit() {
    if (this.button.disabled) return;
    this.button.disabled = true;
    this.say("", "good");
    for (const name of this.#fields.keys()) this.#show(name, "");
    try {
      this.say(await this.work(), "good");
    } catch (error) {
      this.fail(error);
    } finally {
      this.button.disabled = false;
    }
  }

  /** @param {string} words @param {"good" | "bad"} kind */
  say(words, kind) {
    this.note.classList.toggle("bad", kind === "bad");
    setText(this.note, words);
  }

  /** @param {unknown} error */
  fail(error) {
    if (error instanceof FieldError) {
      if (!this.#fields.has(error.field)) this.say(error.message, "bad");
      return this.#show(error.field, error.message, true);
    }
    const errors = error instanceof ApiError && error.status < 500 ? error.problem.errors : null;
    const rest = (errors ?? []).filter((problem) => {
      const name = this.#about(problem);
      if (name) this.#show(name, fieldText(problem), true);
      return name === null;
    });
    if (!errors?.length) this.say(reason(error), "bad");
    else if (rest.length)
      this.say(
        rest.map((problem) => `${problem.field}: ${fieldText(problem)}`).join("; "),
        "bad",
      );
    else this.say(t("form.check"), "bad");
  }

  /**
   * Returns the name of the form's field for a problem, or null. A number profile is checked as a
   * whole, so its problems have the field of the profile as the value `name`.
   * @param {FieldProblem} problem
   */
  #about({ field, params }) {
    const names = [...this.#fields.keys()];
    const within = names.find((name) => field === name || field.startsWith(`${name}.`));
    return within ?? names.find((name) => name === `${field}.${params?.name}`) ?? null;
  }

  /** @param {string} name @param {string} words @param {boolean} [focus] */
  #show(name, words, focus = false) {
    const field = this.#fields.get(name);
    if (!field) return;
    field.error.hidden = words === "";
    setText(field.error, words);
    field.control.setAttribute("aria-invalid", String(words !== ""));
    if (focus) field.control.focus();
  }
}

/** A value that cannot be sent at all, such as invalid JSON. */
export class FieldError extends Error {
  /** @param {string} field @param {string} message */
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}
