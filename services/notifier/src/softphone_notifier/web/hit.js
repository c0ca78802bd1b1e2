// One hit in the inspector, as a row that opens.
/** @import { Hit, HitEvent } from "./device-types.js" */

import { fill, h, icon } from "./dom.js";
import { numberText } from "./format.js";
import { HitDetails } from "./hit-details.js";
import { language, t } from "./messages.js";
import { problemText } from "./problems.js";

/**
 * @typedef {object} HitActions
 * @property {(hit: Hit) => Promise<string>} replay returns the result as text
 * @property {(hit: Hit) => void} trial opens the hit in the dry run
 * @property {() => void} opened
 */

const ICONS = { accepted: "ended", ignored: "elsewhere", refused: "missed" };

export class HitRow {
  /** @type {HitDetails | null} */
  #details = null;

  /**
   * @param {Hit} hit
   * @param {HitActions} actions
   */
  constructor(hit, actions) {
    this.hit = hit;
    this.actions = actions;
    this.line = h("button", {
      type: "button",
      class: "hit-line",
      "aria-expanded": "false",
      "data-testid": "hit-open",
    });
    this.line.addEventListener("click", () => this.toggle());
    this.element = h(
      "li",
      { class: "hit", "data-testid": "hit-row", "data-hit": hit.id },
      this.line,
    );
    this.update(hit);
  }

  /** @param {Hit} hit */
  update(hit) {
    this.hit = hit;
    this.element.dataset.outcome = hit.outcome;
    const { method, path } = hit.request;
    fill(
      this.line,
      h("span", { class: "hit-time" }, clockTime(hit.at)),
      outcomePill(hit.outcome, `${t(`outcome.${hit.outcome}`)} ${hit.status}`),
      h("span", { class: "hit-request" }, `${method} ${path}`),
      h("span", { class: "hit-read", "data-testid": "hit-read" }, understood(hit)),
      icon("chevron"),
    );
    this.#details?.update(hit);
  }

  toggle() {
    const open = this.#details === null;
    this.line.setAttribute("aria-expanded", String(open));
    this.element.classList.toggle("open", open);
    if (open) {
      this.#details = new HitDetails(this.hit, this.actions);
      this.element.append(this.#details.element);
      this.actions.opened();
    } else {
      this.#details?.element.remove();
      this.#details = null;
    }
  }
}

/**
 * @param {Hit["outcome"]} outcome
 * @param {string} words
 */
export function outcomePill(outcome, words) {
  return h(
    "span",
    { class: `pill pill-${outcome}`, "data-testid": "hit-outcome" },
    icon(ICONS[outcome]),
    words,
  );
}

/**
 * Returns the reason of a refusal, or the events of the hit.
 * @param {Pick<Hit, "outcome" | "field" | "why" | "code" | "params" | "events">} read
 */
export function understood(read) {
  const { field, why, code, params } = read;
  if (read.outcome === "refused")
    return [field, problemText(code, params, why ?? "")].filter(Boolean).join(": ");
  if (read.events.length === 0) return t("hit.nothing");
  return read.events.map(eventLine).join("; ");
}

/** @param {HitEvent} event */
function eventLine({ event, direction, extension, remote }) {
  const number = remote && numberText(remote);
  const telling = remote?.kind === "external" || remote?.kind === "anonymous";
  const said = [
    t(`event.${event}`),
    direction && t(`direction.${direction}`),
    extension && t("hit.extension", { extension }),
    remote && !telling ? `${number} (${t(`remote.${remote.kind}`)})` : number,
  ];
  return said.filter(Boolean).join(" · ");
}

/** @param {string} time */
function clockTime(time) {
  return new Date(time).toLocaleTimeString(language());
}
