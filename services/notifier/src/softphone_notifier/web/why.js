// Says in the reader's language what the server found wrong; what it does not know stays as it came.
/** @import { Key } from "./messages.js" */

import { t } from "./messages.js";

/** The usual reasons; what stands in brackets is filled in as `n`. @type {[RegExp, Key][]} */
const REASONS = [
  [/^is missing$/, "why.missing"],
  [/^'(.+)' is none this device knows$/, "why.event"],
  [/^is longer than (\d+) characters$/, "why.long"],
  [/^is not (base64|JSON)$/, "why.coding"],
  [/^must be inbound or outbound$/, "why.direction"],
  [/^must be whole seconds, at most (\d+)$/, "why.seconds"],
  [/^must be a text or a number$/, "why.text"],
  [/^The signature is not that of this device's secret$/, "why.signature"],
];

/** @param {string} why */
export function whyText(why) {
  for (const [pattern, key] of REASONS) {
    const found = pattern.exec(why);
    if (found) return t(key, { n: found[1] ?? "" });
  }
  return why;
}
