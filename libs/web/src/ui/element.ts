// The base of the components.

import { LitElement } from "lit";

/**
 * A component whose content is part of the page, without a shadow: the styles of the page apply,
 * labels find their fields, and tests find everything by its id.
 */
export class PageElement extends LitElement {
  protected override createRenderRoot() {
    return this;
  }
}

/** The element of a view that is one panel; the view draws a heading with the id of the title. */
export function panelOf(testid: string, title: string) {
  const panel = document.createElement("section");
  panel.className = "panel";
  panel.dataset.testid = testid;
  panel.setAttribute("aria-labelledby", title);
  return panel;
}

let count = 0;

/** An id that no other element of the page has. */
export function nextId(name: string) {
  count += 1;
  return `${name}-${count}`;
}
