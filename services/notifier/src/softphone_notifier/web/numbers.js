// The fields of a number profile, for a tenant or for what differs on one phone.
/** @import { NumberProfile } from "./device-types.js" */
/** @import { Form } from "./form.js" */

import { h } from "./dom.js";
import { t } from "./messages.js";

/** @type {Record<keyof NumberProfile, Record<string, string | number>>} */
const TEXTS = {
  region: { maxlength: 2, size: 2, autocapitalize: "characters" },
  area_code: { maxlength: 6, inputmode: "numeric" },
  trunk: { maxlength: 16, inputmode: "tel" },
  outside_prefix: { maxlength: 3, inputmode: "numeric" },
  outside_prefix_mode: {},
  format: {},
  extension_max_len: { type: "number", min: 0, max: 8 },
  extension_ranges: { maxlength: 400 },
};
const FIELDS = /** @type {(keyof NumberProfile)[]} */ (Object.keys(TEXTS));

export class NumberFields {
  /**
   * @param {Partial<NumberProfile>} own
   * @param {NumberProfile | null} inherited the values of empty fields; null if no field may be empty
   */
  constructor(own, inherited) {
    this.inherited = inherited;
    this.controls = FIELDS.map((name) => this.#control(name, own[name]));
  }

  /** @param {Form} form */
  fields(form) {
    return FIELDS.map((name, i) => {
      const control = /** @type {HTMLInputElement} */ (this.controls[i]);
      return form.field(
        `numbers.${name}`,
        t(`numbers.${name}`),
        control,
        t(`numbers.${name}.hint`),
      );
    });
  }

  /** @param {keyof NumberProfile} name @param {NumberProfile[keyof NumberProfile] | undefined} own */
  #control(name, own) {
    if (name === "outside_prefix_mode" || name === "format") {
      const values = name === "format" ? FORMATS : MODES;
      return this.#select(values, String(own ?? ""), this.inherited?.[name]);
    }
    const said = own === undefined ? "" : text(own);
    const inherited = this.inherited && text(this.inherited[name]);
    const placeholder = inherited ? t("numbers.inherited", { value: inherited }) : null;
    return h("input", { autocomplete: "off", value: said, placeholder, ...TEXTS[name] });
  }

  /**
   * @param {readonly ("never" | "always" | "any" | "e164_without_plus")[]} values
   * @param {string} own
   * @param {"never" | "always" | "any" | "e164_without_plus" | undefined} inherited
   */
  #select(values, own, inherited) {
    const select = h(
      "select",
      {},
      inherited !== undefined &&
        h("option", { value: "" }, t("numbers.inherited", { value: t(`numbers.${inherited}`) })),
      ...values.map((value) => h("option", { value }, t(`numbers.${value}`))),
    );
    select.value = own;
    return select;
  }

  /**
   * Returns the fields that are filled in.
   * @returns {Partial<NumberProfile>}
   */
  value() {
    const given = FIELDS.map((name, i) => [name, this.controls[i]?.value.trim() ?? ""]);
    const wanted = this.inherited ? given.filter(([, said]) => said !== "") : given;
    return Object.fromEntries(wanted.map(([name = "", said = ""]) => [name, typed(name, said)]));
  }
}

const MODES = /** @type {const} */ (["never", "always"]);
const FORMATS = /** @type {const} */ (["any", "e164_without_plus"]);

/** @param {string} name @param {string} said */
function typed(name, said) {
  if (name === "extension_max_len") return Number(said);
  if (name === "region") return said.toUpperCase();
  if (name === "extension_ranges") return said.split(/[\s,;]+/).filter(Boolean);
  return said;
}

/** @param {string | number | string[]} value */
function text(value) {
  return Array.isArray(value) ? value.join(", ") : String(value);
}
