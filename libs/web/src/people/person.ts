// One person of the company: what administrators can change about them.

import { html, nothing, render } from "lit";
import type { InvitationOutput, ListedUser } from "../api/notifier";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import { address, go } from "../core/place";
import type { View } from "../core/view";
import { h } from "../dom/dom";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import "../ui/card";
import "../ui/empty-state";
import "../forms/form";
import { changesOf } from "../forms/changes";
import type { Values } from "../forms/values";
import { isWanted, type Question } from "../ui/question";
import { invitationText } from "./invite-dialog";
import { PeopleApi, teamsOf } from "./people-api";
import { type Fields, fieldsOf, personFields } from "./person-form";
import { stateOf, statePill } from "./person-state";

interface Action {
  testid: string;
  title: string;
  hint: string;
  words: string;
  danger?: boolean;
  run: () => Promise<unknown>;
}

export class PersonPage implements View {
  readonly element = h("div", { class: "stack", "data-testid": "person-page" });
  readonly #api: PeopleApi;
  #person: ListedUser | null = null;
  #teams: string[] = [];
  #failure = "";
  #invitation: InvitationOutput | null = null;

  constructor(
    readonly context: Context,
    readonly id: string,
  ) {
    this.#api = new PeopleApi(context.api);
    this.#draw();
    void this.#read();
  }

  again() {
    void this.#read();
  }

  async #read() {
    try {
      const people = await this.#api.all();
      this.#teams = teamsOf(people);
      this.#person = people.find(({ id }) => id === this.id) ?? null;
      this.#failure = this.#person === null ? t("person.missing") : "";
    } catch (error) {
      this.#failure = reason(error);
    }
    this.#draw();
  }

  #draw() {
    const back = html`<a class="back" href=${address("people")}>${t("person.back")}</a>`;
    render(html`${back}${this.#body()}`, this.element);
  }

  #body() {
    if (this.#failure) {
      const words = this.#failure;
      return html`<section class="panel"><sc-empty-state bad .words=${words}></sc-empty-state></section>`;
    }
    const person = this.#person;
    if (person === null) return html`<p class="empty" role="status">${t("loading")}</p>`;
    return html`<sc-card
        .heading=${person.name || person.login}
        .lead=${factsOf(person)}
        .actions=${statePill(person)}
        .content=${html`<sc-form
          data-testid="person-form"
          .content=${personFields(person, this.context.user, this.#teams)}
          .work=${(values: Values) => this.#save(values)}
        ></sc-form>`}
      ></sc-card>
      <sc-card .heading=${t("access.title")} .content=${this.#access(person)}></sc-card>`;
  }

  async #save(values: Values) {
    const changes = changesOf<Fields>(this.#person as ListedUser, fieldsOf(values));
    if (Object.keys(changes).length > 0) {
      const changed = await this.#api.change(this.id, changes);
      this.#person = { ...(this.#person as ListedUser), ...changed };
      this.#draw();
    }
    return t("form.saved");
  }

  #access(person: ListedUser) {
    return html`<ul class="actions">${this.#actions(person).map((each) => this.#action(each))}</ul>`;
  }

  #actions(person: ListedUser): Action[] {
    const isOwn = person.id === this.context.user.id;
    const invite = person.password_set ? "reset" : "invite";
    const actions: (Action | false)[] = [
      !person.locked && {
        testid: "make-invitation",
        title: t(`access.${invite}`),
        hint: t(`access.${invite}.hint`),
        words: t(`access.${invite}.button`),
        run: () => this.#invite(),
      },
      {
        testid: "end-sessions",
        title: t("access.end"),
        hint: t("access.end.hint"),
        words: t("access.end.button"),
        run: () => this.#do(() => this.#api.endSessions(person.id), t("access.end.done")),
      },
      person.second_factor && {
        testid: "remove-factor",
        title: t("access.factor"),
        hint: t("access.factor.hint"),
        words: t("access.factor.button"),
        run: () => this.#do(() => this.#api.removeFactor(person.id), t("access.factor.done")),
      },
      !isOwn && this.#lock(person),
      !isOwn && {
        testid: "remove-person",
        title: t("access.remove"),
        hint: t("access.remove.hint"),
        words: t("access.remove.button"),
        danger: true,
        run: () => this.#remove(person),
      },
    ];
    return actions.filter((each) => each !== false);
  }

  #lock({ id, locked }: ListedUser): Action {
    const kind = locked ? "unlock" : "lock";
    return {
      testid: kind,
      title: t(`access.${kind}`),
      hint: t(`access.${kind}.hint`),
      words: t(`access.${kind}.button`),
      run: () =>
        this.#do(() => this.#api.change(id, { locked: !locked }), t(`access.${kind}.done`)),
    };
  }

  #action({ testid, title, hint, words, danger, run }: Action) {
    const looks = danger ? "button quiet danger" : "button quiet";
    const isInvitation = testid === "make-invitation";
    return html`<li class="action">
      <div>
        <h3>${title}</h3>
        <p class="meta">${hint}</p>
      </div>
      <button type="button" class=${looks} data-testid=${testid} @click=${run}>${words}</button>
      ${
        isInvitation && this.#invitation
          ? html`<div class="action-result">${invitationText(this.#invitation)}</div>`
          : nothing
      }
    </li>`;
  }

  async #invite() {
    try {
      this.#invitation = await this.#api.invite(this.id);
      await this.#read();
    } catch (error) {
      this.context.say(reason(error), "bad");
    }
  }

  async #do(request: () => Promise<unknown>, done: string) {
    try {
      await request();
      this.#invitation = null;
      this.context.say(done, "good");
      await this.#read();
    } catch (error) {
      this.context.say(reason(error), "bad");
    }
  }

  async #remove({ id, name, login }: ListedUser) {
    const question: Question = {
      title: t("access.remove.title", { name: name || login }),
      lead: t("access.remove.sure"),
      yes: t("access.remove.button"),
      testid: "remove-person",
      danger: true,
    };
    if (!(await isWanted(question))) return;
    try {
      await this.#api.remove(id);
      this.context.say(t("access.remove.done", { name: name || login }), "good");
      go("people");
    } catch (error) {
      this.context.say(reason(error), "bad");
    }
  }
}

function factsOf(person: ListedUser) {
  const facts = [
    person.login,
    person.seen_at && t("person.seen", { when: when(person.seen_at) }),
    person.second_factor && t("person.factor"),
    stateOf(person) === "locked" && t("person.lockedNote"),
  ];
  return facts.filter(Boolean).join(" · ");
}
