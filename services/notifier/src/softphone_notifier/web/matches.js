// The records that match a number. Links lead to web addresses only.
/** @import { Call, Match } from "./types.js" */

import { fill, h, safeUrl } from "./dom.js";
import { isOver, typeText } from "./format.js";
import { t } from "./messages.js";

const LOOKING_MILLIS = 5000;

/**
 * A list that is drawn again only if its matches changed.
 * @param {Call} first
 * @param {string} testid
 */
export function matchList(first, testid) {
  const list = h("ul", { class: "matches", "aria-label": t("matches.title") });
  const empty = h("p", { class: "meta" });
  const element = h("div", { class: "match-box" }, list, empty);
  let known = "";
  const born = performance.now();

  function update(/** @type {Call} */ call) {
    const looking = performance.now() - born < LOOKING_MILLIS && !isOver(call);
    empty.hidden = call.matches.length > 0 || call.remote.kind !== "external";
    list.hidden = call.matches.length === 0;
    empty.textContent = t(looking ? "matches.noneYet" : "matches.none");
    const now = JSON.stringify(call.matches);
    if (now === known) return;
    known = now;
    fill(list, ...call.matches.map((match) => matchItem(match, testid)));
  }
  update(first);
  return { element, update };
}

/** @param {Match} match @param {string} testid */
function matchItem(match, testid) {
  const url = safeUrl(match.url);
  const name = url
    ? h(
        "a",
        { href: url, target: "_blank", rel: "noopener noreferrer", class: "match-name" },
        match.name,
      )
    : h("span", { class: "match-name" }, match.name);
  const unsure =
    match.level !== "exact" &&
    h("span", { class: "tag", title: match.reason }, t(`match.${match.level}`));
  return h(
    "li",
    {
      class: "match",
      "data-testid": testid,
      "data-type": match.type,
      "data-record": match.record,
    },
    h("span", { class: `badge type-${match.type}` }, typeText(match.type)),
    h("span", {}, name, " ", unsure),
  );
}
