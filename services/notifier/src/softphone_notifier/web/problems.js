// Translates the problems of the server by their codes.
/** @import { Language } from "./messages.js" */
/** @import { FieldProblem } from "./types.js" */

import { fill, language } from "./messages.js";
import { de } from "./problem-messages-de.js";
import { en } from "./problem-messages-en.js";

/** @type {Record<Language, Record<string, string>>} */
const SENTENCES = { de, en };

/**
 * Returns the sentence of a code. A newer server may send a code the page does not know, and hits
 * stored by an older one have none: then the English text of the server is shown.
 * @param {string | null | undefined} code
 * @param {Record<string, unknown> | null | undefined} params
 * @param {string} fallback
 */
export function problemText(code, params, fallback) {
  const sentence = code ? SENTENCES[language()][code] : undefined;
  return sentence === undefined ? fallback : fill(sentence, params ?? {});
}

/**
 * Returns the text about one field, without the name of the field.
 * @param {FieldProblem} error
 */
export function fieldText({ code, params, message }) {
  return problemText(code, params, message);
}
