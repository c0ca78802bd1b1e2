// One record of the directory: all that is known of it, and what was before.

import { html, nothing, render, type TemplateResult } from "lit";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import { address, go } from "../core/place";
import type { DirectoryRecord, RecordDetails } from "../core/types";
import type { View } from "../core/view";
import { mailLink, typeText } from "../directory/matches";
import { RecordApi } from "../directory/record-api";
import { recordLink } from "../directory/record-link";
import { visibleText } from "../directory/sharing-fields";
import { h } from "../dom/dom";
import { plain, stranger, strangerLines } from "../dom/stranger";
import { titleView } from "../dom/title";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { iconOf } from "../ui/icon";
import "../ui/empty-state";
import { listAddress } from "./back";
import { rangesOf, reasonOf, recordNumber } from "./number";
import { RecordPast } from "./past";
import { RangeProposals } from "./proposal";

export class RecordPage implements View {
  readonly element = h("div", { class: "stack", "data-testid": "record-page" });
  readonly #api: RecordApi;
  readonly #past: RecordPast;
  readonly #proposals: RangeProposals;
  #record: RecordDetails | null = null;
  #failure = "";
  #isStopped = false;

  constructor(
    readonly context: Context,
    readonly id: string,
  ) {
    this.#api = new RecordApi(context.api);
    this.#proposals = new RangeProposals(context, this.#api, () => void this.#read());
    this.#past = new RecordPast(context, () => this.#draw());
    this.#draw();
    void this.#read();
  }

  again() {
    void this.#read();
  }

  stop() {
    this.#isStopped = true;
    this.#past.stop();
  }

  async #read() {
    try {
      const record = await this.#api.get(this.id);
      this.#record = record;
      this.#failure = "";
      if (!this.#isStopped) {
        titleView(plain(record.name));
        void this.#past.read(record);
      }
    } catch (error) {
      this.#failure = reason(error);
    }
    this.#draw();
  }

  #draw() {
    render(
      html`<a class="back" href=${listAddress(this.context.user.id)} data-testid="records-back">${t("records.back")}</a>${this.#body()}`,
      this.element,
    );
  }

  #body() {
    if (this.#failure) {
      const words = this.#failure;
      return html`<section class="panel"><sc-empty-state bad .words=${words}></sc-empty-state></section>`;
    }
    const record = this.#record;
    if (record === null) return html`<p class="empty" role="status">${t("loading")}</p>`;
    return html`<section class="panel" aria-labelledby="record-title">
        <header class="panel-head">
          <div>
            <h2 id="record-title" data-testid="record-title">${stranger(record.name)}</h2>
            <p class="record-kind">
              <span class="badge type-${record.type}">${typeText(record.type)}</span>
              ${record.inactive ? html`<span class="tag">${t("record.inactive")}</span>` : nothing}
            </p>
          </div>
          <div class="record-actions">${this.#actions(record)}</div>
        </header>
        <div class="panel-body">${this.#facts(record)}</div>
        ${this.#proposals.draw(record)}
      </section>
      ${this.#past.render()}`;
  }

  #actions(record: DirectoryRecord) {
    const isAdmin = this.context.user.role !== "user";
    const remove = () => void this.#remove(record);
    return html`<a
        class="button"
        href="${address("directory", record.id)}?edit="
        data-testid="record-change"
        >${t("record.edit")}</a
      >
      <a
        class="button quiet"
        href="${address("directory", record.id)}?merge="
        data-testid="record-merge"
        >${t("record.merge")}</a
      >
      ${
        isAdmin
          ? html`<button type="button" class="button quiet danger" data-testid="record-remove" @click=${remove}>
            ${iconOf("trash")}${t("record.remove")}
          </button>`
          : nothing
      }`;
  }

  #facts(record: DirectoryRecord) {
    const { emails, address: place, note, tags, owner, team, source } = record;
    const facts: [string, TemplateResult | string | false][] = [
      [t("record.organization"), organizationOf(record)],
      [t("record.numbers"), this.#numbers(record)],
      [t("record.emails"), emails.length > 0 && list(emails.map(mailLink))],
      [t("record.address"), place && strangerLines(place)],
      [t("record.note"), note && strangerLines(note)],
      [t("record.tags"), tags.length > 0 && html`${tags.map(tagLink)}`],
      [t("record.url"), this.#link(record)],
      [t("record.owner"), [owner, team].filter(Boolean).join(", ")],
      [t("record.visible_to"), visibleText(record)],
      [t("record.source"), source && [source, record.host_id].filter(Boolean).join(" · ")],
      [t("record.changed"), changedText(record)],
    ];
    const shown = facts.filter(([, value]) => value);
    return html`<dl class="facts">
      ${shown.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
    </dl>`;
  }

  #numbers({ numbers }: DirectoryRecord) {
    const item = (number: (typeof numbers)[number]) => {
      const why = reasonOf(number);
      return html`${recordNumber(number, this.context)}
      ${why ? html`<span class="meta record-why" data-testid="record-why">${why}</span>` : nothing}
      ${rangesOf(number).map((range) => html`<span class="meta record-why" data-testid="record-range">${range}</span>`)}`;
    };
    return numbers.length > 0 && list(numbers.map(item));
  }

  /** The record in the application it comes from. */
  #link({ id, ...record }: DirectoryRecord) {
    const remote = { raw: "", e164: null, kind: "anonymous", display: "", ext: "" } as const;
    const { recordUrl } = this.context.preferences;
    const url = recordLink(
      { record: id, ...record },
      { remote, call: "", extension: "" },
      recordUrl,
    );
    if (url === null) return "";
    return html`<a href=${url} target="_blank" rel="noopener noreferrer" data-testid="record-link"
      >${new URL(url).host}${iconOf("open")}<span class="unseen">${t("record.newTab")}</span></a
    >`;
  }

  /** Deletes the record and offers to undo that. */
  async #remove({ id, name }: DirectoryRecord) {
    const { offer, say } = this.context;
    try {
      await this.#api.remove(id);
    } catch (error) {
      return say(reason(error), "bad");
    }
    go("directory");
    const run = () => void this.#restore(id);
    offer(t("record.removed", { name: plain(name) }), { words: t("history.undo"), run });
  }

  async #restore(id: string) {
    try {
      await this.#api.restore(id);
      go("directory", id);
    } catch (error) {
      this.context.say(reason(error), "bad");
    }
  }
}

function list(items: readonly TemplateResult[]) {
  return html`<ul class="record-list">${items.map((item) => html`<li>${item}</li>`)}</ul>`;
}

function organizationOf({ organization, organization_record: id }: DirectoryRecord) {
  if (!organization) return "";
  if (!id) return stranger(organization);
  return html`<a href=${address("directory", id)}>${stranger(organization)}</a>`;
}

function tagLink(tag: string) {
  const query = new URLSearchParams({ tag });
  return html`<a class="tag" href="${address("directory")}?${query}" data-testid="record-tag">${plain(tag)}</a> `;
}

function changedText({ changed_at: at, changed_by: by }: DirectoryRecord) {
  return by ? t("record.changedBy", { when: when(at), who: by }) : "";
}
