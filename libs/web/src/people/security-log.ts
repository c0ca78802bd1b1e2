// The security log, where administrators read who signed in and who changed or deleted something.

import { html, render } from "lit";
import type { Context } from "../calls/context";
import { isDay } from "../calls/filter";
import { when } from "../calls/format";
import { keepFilter, placeFilter } from "../core/place";
import type { AuditEntry, ListedUser } from "../core/types";
import type { View } from "../core/view";
import { filterField, filterForm, filterSelect } from "../forms/filter";
import { keysOf, t, wordsOf } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import { PagedList, pagedRows } from "../ui/paged-list";

const KINDS = [
  "user",
  "device",
  "call",
  "record",
  "source",
  "tenant",
  "sweep",
  "dead-letter",
  "api-key",
];
const ID_SHOWN = 8;
/** How the actor of an event by an application begins. */
const API_KEY = "api-key/";
const ALL = { event: "", user: "", day: "" };
/** The words of an event have its name behind this; a newer server may send one without words. */
const ON = "audit.on.";

export class SecurityLog implements View {
  #filter = placeFilter(ALL);
  /** The tenant's users; null if they cannot be read, and then nobody can be chosen. */
  #users: readonly ListedUser[] | null = [];
  readonly #list: PagedList<AuditEntry>;
  readonly element = panelOf("audit", "audit-title");

  constructor(readonly context: Context) {
    this.#list = new PagedList<AuditEntry>({
      read: (cursor) => context.api.ask("GET /api/audit", { query: this.#query(cursor) }),
      changed: () => this.#draw(),
    });
    void this.#readUsers();
    void this.#list.read();
  }

  #query(cursor: string | null) {
    const { event, user, day } = this.#filter;
    return {
      limit: 50,
      cursor,
      event: event || null,
      actor: user || null,
      to: isDay(day) ? endOf(day) : null,
    };
  }

  #choose(changes: Partial<typeof ALL>) {
    this.#filter = { ...this.#filter, ...changes };
    keepFilter("audit", this.#filter, ALL);
    void this.#list.read();
  }

  #choices() {
    const { event, user, day } = this.#filter;
    const users = this.#users;
    return html`
      ${filterSelect({
        label: t("audit.event"),
        testid: "audit-event",
        value: event,
        options: auditEvents(),
        chosen: (value) => this.#choose({ event: value }),
      })}
      ${filterSelect({
        label: t("audit.user"),
        testid: "audit-user",
        value: user,
        options: (users ?? []).map(({ id, login }) => [id, login] as const),
        chosen: (value) => this.#choose({ user: value }),
        disabled: users === null,
      })}
      ${filterField(
        t("audit.day"),
        html`<input
          type="date"
          data-testid="audit-day"
          .value=${day}
          @change=${(event: Event) => this.#choose({ day: (event.target as HTMLInputElement).value })}
        />`,
      )}
    `;
  }

  /** Offers the tenant's users in the filter. Without them the other filters still work. */
  async #readUsers() {
    this.#users = await this.context.api.ask("GET /api/users").then(
      ({ items }) => items,
      () => null,
    );
    this.#draw();
  }

  again() {
    void this.#list.read();
  }

  stop() {
    this.#list.stop();
  }

  #draw() {
    const words = {
      loading: t("loading"),
      empty: t("audit.empty"),
      failed: (error: unknown) => t("audit.failed", { why: reason(error) }),
      more: t("audit.more"),
      retry: t("history.retry"),
    };
    const rows = (entries: readonly AuditEntry[]) =>
      html`<ul class="bin">${entries.map((entry) => this.#item(entry))}</ul>`;
    const view = html`
      <header class="panel-head">
        <div>
          <h2 id="audit-title">${t("audit.title")}</h2>
          <p class="meta">${t("audit.lead")}</p>
        </div>
        ${filterForm(this.#choices())}
      </header>
      ${pagedRows(this.#list, words, rows)}
    `;
    render(view, this.element);
  }

  #item(entry: AuditEntry) {
    const failed = entry.outcome !== "success" && t(`audit.${entry.outcome}`);
    const ofOther = entry.tenant !== this.context.user.tenant && entry.tenant;
    const what = [wordsOf(`${ON}${entry.event}`) ?? entry.event, targetText(entry), failed];
    const who = [actorText(entry), ofOther, entry.address, detailText(entry)];
    return html`<li class="bin-item" data-testid="audit-row" data-event=${entry.event}>
      <time class="meta" datetime=${entry.time}>${when(entry.time)}</time>
      <div class="who">
        <span class="who-name">${what.filter(Boolean).join(" · ")}</span>
        <span class="meta">${who.filter(Boolean).join(" · ")}</span>
      </div>
    </li>`;
  }
}

function actorText(entry: AuditEntry) {
  if (!entry.actor) return t("audit.nobody");
  const [id, isKey] = [entry.actor.replace(API_KEY, ""), entry.actor.startsWith(API_KEY)];
  const who = entry.actor_login ?? id.slice(0, ID_SHOWN);
  return isKey ? `${t("audit.kind.api-key")} ${who}` : who;
}

function detailText({ detail: codes }: AuditEntry) {
  return codes.split(" ").map(codeText).join(", ");
}

/**
 * The words for a code: a role, a change of roles, or a reason. A code without words, such as the name
 * of a changed field, stays as it is.
 */
function codeText(code: string) {
  const role = (name: string) => wordsOf(`audit.role.${name}`) ?? name;
  const [before, after, ...rest] = code.split("-to-");
  if (before && after && rest.length === 0) {
    return t("audit.roles", { before: role(before), after: role(after) });
  }
  return wordsOf(`audit.detail.${code}`) ?? role(code);
}

function targetText(entry: AuditEntry) {
  const [kind, ...rest] = entry.target.split("/");
  if (entry.target_login) return entry.target === `user/${entry.actor}` ? "" : entry.target_login;
  const known = KINDS.find((each) => each === kind);
  const word = known ? t(`audit.kind.${known}` as "audit.kind.user") : kind;
  return entry.target && `${word} ${rest.join("/").slice(0, ID_SHOWN)}`;
}

/** The events that this page has words for, with their words. */
function auditEvents() {
  return keysOf(ON).map((key) => [key.slice(ON.length), wordsOf(key) ?? key] as const);
}

/** The end of a day, in the time zone of this computer. */
function endOf(day: string) {
  const end = new Date(`${day}T00:00`);
  end.setDate(end.getDate() + 1);
  return end.toISOString();
}
