// The icons of the page in templates.

import { html, svg, type TemplateResult } from "lit";
import { PATHS } from "../dom/icon";

/** A decorative line icon; the word next to it carries the meaning. */
export function iconOf(name: string): TemplateResult {
  const path = svg`<path d=${PATHS[name] ?? ""}></path>`;
  return html`<svg viewBox="0 0 22 22" class="icon icon-${name}" aria-hidden="true">${path}</svg>`;
}
