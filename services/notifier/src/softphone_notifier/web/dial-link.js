// The two fields of a dial link.
/** @import { DialLink, Spelling } from "./device-types.js" */

import { h } from "./dom.js";
import { t } from "./messages.js";

const SPELLINGS = /** @type {const} */ (["e164", "international", "national", "outside"]);

/** @param {DialLink | null} dial */
export function dialFields(dial) {
  const link = h("input", {
    maxlength: 300,
    value: dial?.link ?? "",
    autocomplete: "off",
    spellcheck: "false",
  });
  const options = SPELLINGS.map((value) => h("option", { value }, t(`spelling.${value}`)));
  const spelling = h("select", {}, ...options);
  spelling.value = dial?.spelling ?? "e164";
  return { link, spelling };
}

/**
 * Returns the values of the fields, or null without a link.
 * @param {HTMLInputElement} link
 * @param {HTMLSelectElement} spelling
 * @returns {DialLink | null}
 */
export function dialOf(link, spelling) {
  if (link.value.trim() === "") return null;
  return { link: link.value.trim(), spelling: /** @type {Spelling} */ (spelling.value) };
}
