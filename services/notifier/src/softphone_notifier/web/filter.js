// The form that filters the call list.
/** @import { Filter } from "./types.js" */

import { field, h } from "./dom.js";
import { t } from "./messages.js";

const PHASES = /** @type {const} */ (["dialed", "ringing", "connected", "ended", "missed"]);
const DIRECTIONS = /** @type {const} */ (["inbound", "outbound"]);
const TYPING_MILLIS = 350;

/**
 * @param {Filter} filter the current values
 * @param {(filter: Filter) => void} chosen
 */
export function filterForm(filter, chosen) {
  const phase = choice(
    "filter-phase",
    PHASES.map((value) => [value, t(`phase.${value}`)]),
    filter.phase,
  );
  const direction = choice(
    "filter-direction",
    DIRECTIONS.map((value) => [value, t(`direction.${value}`)]),
    filter.direction,
  );
  const number = h("input", {
    type: "search",
    inputmode: "tel",
    value: filter.number,
    maxlength: 128,
    autocomplete: "off",
    "data-testid": "filter-number",
  });
  let typing = 0;
  const apply = () =>
    chosen({ phase: phase.value, direction: direction.value, number: number.value.trim() });
  number.addEventListener("input", () => {
    window.clearTimeout(typing);
    typing = window.setTimeout(apply, TYPING_MILLIS);
  });
  phase.addEventListener("change", apply);
  direction.addEventListener("change", apply);
  const submit = (/** @type {Event} */ event) => event.preventDefault();
  return h(
    "form",
    { class: "filter", role: "search", onsubmit: submit },
    field(t("filter.phase"), phase),
    field(t("filter.direction"), direction),
    field(t("filter.number"), number),
  );
}

/**
 * A select with an option for all.
 * @param {string} testid
 * @param {string[][]} options values and their words
 * @param {string} chosen
 */
export function choice(testid, options, chosen) {
  const select = h(
    "select",
    { "data-testid": testid },
    h("option", { value: "" }, t("filter.any")),
    ...options.map(([value, words]) => h("option", { value }, words)),
  );
  select.value = chosen;
  return select;
}
