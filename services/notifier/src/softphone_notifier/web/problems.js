// Says in the reader's language what the server refused, by the code of the problem.
/** @import { Language } from "./messages.js" */
/** @import { FieldProblem } from "./types.js" */

import { fill, language } from "./messages.js";
import { de } from "./problem-messages-de.js";
import { en } from "./problem-messages-en.js";

/** @type {Record<Language, Record<string, string>>} */
const SENTENCES = { de, en };

/**
 * The sentence of a code. A server that is newer than the page may send a code the page does not
 * know, and hits stored by an older one have none: then its English text is shown as it is.
 * @param {string | null | undefined} code
 * @param {Record<string, unknown> | null | undefined} params
 * @param {string} fallback
 */
export function problemText(code, params, fallback) {
  const sentence = code ? SENTENCES[language()][code] : undefined;
  return sentence === undefined ? fallback : fill(sentence, params ?? {});
}

/**
 * The text of one wrong field, without its name.
 * @param {FieldProblem} error
 */
export function fieldText({ code, params, message }) {
  return problemText(code, params, message);
}
