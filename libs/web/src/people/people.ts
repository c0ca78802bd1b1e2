// The list of the people of a company, for administrators.

import { html, nothing, render } from "lit";
import type { ListedUser } from "../api/notifier";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import { address, keepFilter, placeFilter } from "../core/place";
import type { View } from "../core/view";
import { h } from "../dom/dom";
import { counted, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { iconOf } from "../ui/icon";
import type { Column } from "../ui/table";
import "../ui/empty-state";
import "../ui/table";
import type { InviteDialog } from "./invite-dialog";
import "./invite-dialog";
import { PeopleApi, teamsOf } from "./people-api";
import { statePill } from "./person-state";

const ALL = { text: "", team: "" };

export class PeoplePage implements View {
  readonly element = h("div", { class: "stack", "data-testid": "people" });
  readonly #api: PeopleApi;
  #people: ListedUser[] | null = null;
  #failure = "";
  #filter = placeFilter(ALL);

  constructor(readonly context: Context) {
    this.#api = new PeopleApi(context.api);
    this.#draw();
    void this.#read();
  }

  again() {
    void this.#read();
  }

  async #read() {
    try {
      this.#people = await this.#api.all();
      this.#failure = "";
    } catch (error) {
      this.#failure = reason(error);
    }
    this.#draw();
  }

  get #shown() {
    const { text: searched, team: wanted } = this.#filter;
    // the address may name a team that nobody is in
    const team = teamsOf(this.#people ?? []).includes(wanted) ? wanted : "";
    const words = searched.toLowerCase().split(/\s+/).filter(Boolean);
    return (this.#people ?? []).filter((person) => {
      const text = [person.name, person.login, ...person.extensions, ...person.teams];
      const found = words.every((word) => text.some((each) => each.toLowerCase().includes(word)));
      return found && (team === "" || person.teams.includes(team));
    });
  }

  #draw() {
    render(
      html`<section class="panel" aria-labelledby="people-title">
          <header class="panel-head">
            <div>
              <h2 id="people-title">${t("people.title")}</h2>
              <p class="meta" role="status" data-testid="people-count">${this.#count()}</p>
            </div>
            ${this.#tools()}
          </header>
          ${this.#list()}
        </section>
        <sc-invite-dialog
          .editor=${this.context.user}
          .teams=${teamsOf(this.#people ?? [])}
          .people=${this.#api}
          @added=${() => void this.#read()}
        ></sc-invite-dialog>`,
      this.element,
    );
  }

  #choose(changes: Partial<typeof ALL>) {
    this.#filter = { ...this.#filter, ...changes };
    keepFilter("people", this.#filter, ALL);
    this.#draw();
  }

  #count() {
    if (this.#people === null) return this.#failure ? "" : t("loading");
    const shown = this.#shown.length;
    const all = counted("people.count", this.#people.length);
    return shown === this.#people.length ? all : t("people.shown", { shown, all });
  }

  #tools() {
    const { text, team: chosen } = this.#filter;
    const value = (event: Event) => (event.target as HTMLInputElement | HTMLSelectElement).value;
    const search = (event: Event) => this.#choose({ text: value(event) });
    const choose = (event: Event) => this.#choose({ team: value(event) });
    const invite = () => (this.element.querySelector("sc-invite-dialog") as InviteDialog).show();
    const teams = teamsOf(this.#people ?? []);
    return html`<div class="people-tools" role="search">
      <input
        type="search"
        aria-label=${t("people.search")}
        placeholder=${t("people.find")}
        data-testid="people-search"
        .value=${text}
        @input=${search}
      />
      ${
        teams.length > 0
          ? html`<select aria-label=${t("people.team")} data-testid="people-team" @change=${choose}>
            <option value="">${t("people.allTeams")}</option>
            ${teams.map(
              (team) => html`<option value=${team} ?selected=${team === chosen}>${team}</option>`,
            )}
          </select>`
          : nothing
      }
      <button type="button" class="button" data-testid="invite" @click=${invite}>
        ${iconOf("plus")}${t("people.invite")}
      </button>
    </div>`;
  }

  #list() {
    if (this.#failure) {
      return html`<sc-empty-state bad .words=${this.#failure}></sc-empty-state>`;
    }
    if (this.#people === null) return nothing;
    return html`<sc-table
      class="people-table"
      .label=${t("people.title")}
      .columns=${columns()}
      .rows=${this.#shown}
      .key=${(person: ListedUser) => person.id}
      .empty=${t("people.none")}
    ></sc-table>`;
  }
}

const NONE = html`<span class="none">–</span>`;

function columns(): Column<ListedUser>[] {
  return [
    { title: t("person.name"), cell: nameCell },
    { title: t("person.role"), cell: ({ role }) => rolePill(role) },
    { title: t("person.extensions"), cell: ({ extensions }) => extensions.join(", ") || NONE },
    { title: t("person.teams"), cell: ({ teams }) => teams.join(", ") || NONE },
    { title: t("people.seen"), cell: ({ seen_at }) => (seen_at ? when(seen_at) : NONE) },
    { title: t("people.state"), cell: statePill },
  ];
}

function nameCell({ id, name, login }: ListedUser) {
  return html`<a class="person-name" href=${address("people", id)} data-testid="person" data-login=${login}>
      ${name || login}
    </a>
    ${name ? html`<span class="meta">${login}</span>` : nothing}`;
}

function rolePill(role: ListedUser["role"]) {
  return html`<span class="tag tag-${role}">${t(`audit.role.${role}`)}</span>`;
}
