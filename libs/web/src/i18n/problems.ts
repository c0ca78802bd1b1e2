// Translates the problems of the server by their codes.

import type { FieldProblem } from "../core/types";
import { fill, sentenceOf } from "./messages";

/**
 * Returns the sentence of a code. A newer server may send a code the page does not know, and hits
 * stored by an older one have none: then the English text of the server is shown.
 */
export function problemText(
  code: string | null | undefined,
  params: Record<string, unknown> | null | undefined,
  fallback: string,
) {
  const sentence = code ? sentenceOf(code) : undefined;
  return sentence === undefined ? fallback : fill(sentence, params ?? {});
}

/** Returns the text about one field, without the name of the field. */
export function fieldText({ code, params, message }: FieldProblem) {
  return problemText(code, params, message);
}
