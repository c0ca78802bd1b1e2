// The sessions of the user: where they are signed in.

import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import type { Api } from "../core/client";
import type { OwnSession } from "../core/types";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import "../forms/confirm";

export class Sessions {
  readonly #api: Api;
  #sessions: readonly OwnSession[] = [];
  #note = t("loading");
  #isBad = false;
  readonly element = panelOf("sessions", "sessions-title");

  constructor(context: Context) {
    this.#api = context.api;
    this.#draw();
    void this.read();
  }

  async read(done = "") {
    try {
      this.#sessions = (await this.#api.ask("GET /api/sessions")).items;
      this.#say(done, false);
    } catch (error) {
      this.#say(reason(error), true);
    }
  }

  #say(words: string, isBad: boolean) {
    this.#note = words;
    this.#isBad = isBad;
    this.#draw();
  }

  #draw() {
    const hasOthers = this.#sessions.some((session) => !session.current);
    render(
      html`<header class="panel-head">
          <div>
            <h2 id="sessions-title" tabindex="-1">${t("sessions.title")}</h2>
            <p class="meta">${t("sessions.lead")}</p>
          </div>
        </header>
        <div class="panel-body stack sessions">
          <ul class="session-list" aria-labelledby="sessions-title">
            ${repeat(
              this.#sessions,
              ({ id }) => id,
              (session) => this.#item(session),
            )}
          </ul>
          <p
            class=${this.#isBad ? "note bad" : "note"}
            role="status"
            data-testid="sessions-note"
          >${this.#note}</p>
          ${hasOthers ? this.#others() : nothing}
        </div>`,
      this.element,
    );
  }

  #others() {
    const end = () =>
      this.#end(() => this.#api.ask("DELETE /api/sessions"), "sessions.othersEnded");
    return html`<sc-confirm
      testid="end-others"
      .label=${t("sessions.endOthers")}
      .question=${t("sessions.endOthersSure")}
      .action=${end}
    ></sc-confirm>`;
  }

  #item({ id, browser, network, created_at, used_at, current }: OwnSession) {
    const name = browser || t("sessions.unknown");
    const facts = [
      network,
      created_at && t("sessions.since", { when: when(created_at) }),
      used_at && t("sessions.used", { when: when(used_at) }),
    ];
    const end = async (event: Event) => {
      const button = event.currentTarget as HTMLButtonElement;
      button.disabled = true;
      const request = () =>
        this.#api.ask("DELETE /api/sessions/{session}", { path: { session: id } });
      await this.#end(request, "sessions.ended");
      button.disabled = false; // it is still there if the request failed
    };
    return html`<li class="session-item" data-testid="session">
      <div>
        <p>${name}${current ? html`<span class="tag">${t("sessions.current")}</span>` : nothing}</p>
        <p class="meta">${facts.filter(Boolean).join(" · ")}</p>
      </div>
      ${
        current
          ? nothing
          : html`<button
            type="button"
            class="button quiet"
            data-testid="end-session"
            aria-label=${t("sessions.endOne", { browser: name })}
            @click=${end}
          >
            ${t("sessions.end")}
          </button>`
      }
    </li>`;
  }

  async #end(request: () => Promise<null>, done: "sessions.ended" | "sessions.othersEnded") {
    try {
      await request();
      await this.read(t(done));
      this.element.querySelector("h2")?.focus(); // the button that had the focus is gone
    } catch (error) {
      await this.read();
      this.#say(reason(error), true);
    }
  }
}
