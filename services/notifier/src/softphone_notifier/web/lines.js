// The table of a sender's names of lines and the extensions they stand for.

import { h, icon } from "./dom.js";
import { t } from "./messages.js";

export class Lines {
  rows = h("ul", { class: "lines" });

  /** @param {Record<string, string>} extensions by the sender's name of the line */
  constructor(extensions) {
    const add = h(
      "button",
      { type: "button", class: "button quiet", "data-testid": "line-add" },
      icon("plus"),
      t("lines.add"),
    );
    add.addEventListener("click", () => this.#add("", "").focus());
    for (const [name, extension] of Object.entries(extensions)) this.#add(name, extension);
    if (Object.keys(extensions).length === 0) this.#add("", "");
    this.element = h("div", { class: "field-wide" }, this.rows, add);
  }

  /** @param {string} name @param {string} extension */
  #add(name, extension) {
    const said = input(name, t("lines.name"), "line-name", 128);
    const ours = input(extension, t("lines.extension"), "line-extension", 64);
    const remove = h(
      "button",
      { type: "button", class: "icon-button", "aria-label": t("lines.remove") },
      icon("close"),
    );
    const row = h(
      "li",
      { class: "line-row" },
      said,
      h("span", { class: "arrow" }, "→"),
      ours,
      remove,
    );
    remove.addEventListener("click", () => row.remove());
    this.rows.append(row);
    return said;
  }

  /** The rows with both fields filled in. */
  value() {
    const pairs = [...this.rows.children].map((row) =>
      [...row.querySelectorAll("input")].map((field) => field.value.trim()),
    );
    /** @type {Record<string, string>} */
    const found = {};
    for (const [name, extension] of pairs) if (name && extension) found[name] = extension;
    return found;
  }
}

/** @param {string} value @param {string} label @param {string} testid @param {number} most */
function input(value, label, testid, most) {
  return h("input", {
    value,
    maxlength: most,
    placeholder: label,
    "aria-label": label,
    autocomplete: "off",
    "data-testid": testid,
  });
}
