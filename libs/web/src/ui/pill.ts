// A state as an icon and a word, never as a colour alone.

import { html } from "lit";
import { PageElement } from "./element";
import { iconOf } from "./icon";

export class Pill extends PageElement {
  static override properties = { state: {}, icon: {}, words: {} };
  /** The colour, by the name of a state: ringing, connected, ended, missed, accepted, refused ... */
  declare state: string;
  /** The name of an icon; without one that of the state. */
  declare icon: string;
  declare words: string;

  constructor() {
    super();
    this.state = this.icon = this.words = "";
  }

  protected override render() {
    return html`<span class="pill pill-${this.state}" data-state=${this.state}>
      ${iconOf(this.icon || this.state)}<span>${this.words}</span>
    </span>`;
  }
}

customElements.define("sc-pill", Pill);
