// The form of a record, for a new one and for one that is changed.

import { html, render } from "lit";
import type { Context } from "../calls/context";
import { address, go, placeQuery } from "../core/place";
import type { DirectoryRecord } from "../core/types";
import type { View } from "../core/view";
import { RecordApi } from "../directory/record-api";
import {
  EMPTY,
  enteredFields,
  fieldsOf,
  type RecordFields,
  recordFields,
} from "../directory/record-fields";
import { h } from "../dom/dom";
import { changesOf, VersionEditor } from "../forms/changes";
import type { Form } from "../forms/form";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import "../forms/form";
import type { Card } from "../ui/card";
import "../ui/card";
import "../ui/empty-state";
import { listAddress } from "./back";

type Editor = VersionEditor<DirectoryRecord, Partial<RecordFields>>;

export class RecordForm implements View {
  readonly element = h("div", { class: "stack", "data-testid": "record-edit" });
  readonly #api: RecordApi;
  /** The fields as the form shows them first; null until the record was read. */
  #fields: RecordFields | null = null;
  #editor: Editor | null = null;
  #failure = "";

  /** `id` is that of the record, or null for a new one. */
  constructor(
    readonly context: Context,
    readonly id: string | null,
  ) {
    this.#api = new RecordApi(context.api);
    if (id === null) this.#fields = fieldsOfAddress();
    else void this.#read(id);
    this.#draw();
    if (id === null) void this.#focus();
  }

  async #read(id: string) {
    try {
      const record = await this.#api.get(id);
      this.#fields = fieldsOf(record);
      this.#editor = new VersionEditor<DirectoryRecord, Partial<RecordFields>>(record, {
        read: () => this.#api.get(id),
        change: (changes, version) => this.#api.change(id, changes, version),
        words: "record",
        unnamed: ["organization_record"],
      });
    } catch (error) {
      this.#failure = reason(error);
    }
    this.#draw();
    void this.#focus();
  }

  /** Goes to the first field, unless somebody was faster. */
  async #focus() {
    await this.element.querySelector<Card>("sc-card")?.updateComplete;
    const form = this.element.querySelector<Form>("sc-form");
    await form?.keepShown();
    const content = this.element.closest("main");
    if (document.activeElement === content) form?.querySelector<HTMLElement>("input")?.focus();
  }

  #draw() {
    const list = listAddress(this.context.user.id);
    const back = this.id === null ? list : address("directory", this.id);
    const words = t(this.id === null ? "records.back" : "record.back");
    render(
      html`<a class="back" href=${back}>${words}</a>
        ${this.#failure ? this.#failed() : this.#form(back)}`,
      this.element,
    );
  }

  #failed() {
    const words = this.#failure;
    return html`<section class="panel"><sc-empty-state bad .words=${words}></sc-empty-state></section>`;
  }

  #form(back: string) {
    const fields = this.#fields;
    if (fields === null) return html`<p class="empty" role="status">${t("loading")}</p>`;
    const { user } = this.context;
    const cancel = html`<a class="button quiet" href=${back} data-testid="record-cancel">${t("confirm.no")}</a>`;
    const form = html`<sc-form
      data-testid="record-form"
      .content=${recordFields(fields, this.#api, { isNew: this.id === null, user })}
      .actions=${cancel}
      .work=${(values: Values) => this.#save(fields, values)}
    ></sc-form>`;
    const heading = this.id === null ? t("record.new") : t("record.change", { name: fields.name });
    return html`<sc-card .heading=${heading} .content=${form}></sc-card>`;
  }

  async #save(before: RecordFields, values: Values) {
    const entered = enteredFields(values, this.context.user);
    let id = this.id;
    if (this.#editor) await this.#editor.save(() => changedFields(before, entered));
    else id = (await this.#api.add(entered)).id;
    this.context.say(t("form.saved"), "good");
    go("directory", id ?? undefined);
    return "";
  }
}

/** The fields that differ. The organisation and its record go together. */
function changedFields(before: RecordFields, entered: RecordFields): Partial<RecordFields> {
  // a tag of an application may have a comma in it, which the form takes for two
  const same = entered.tags.join(", ") === before.tags.join(", ");
  const changes = changesOf(before, same ? { ...entered, tags: before.tags } : entered);
  const { organization_record } = entered;
  return "organization" in changes ? { ...changes, organization_record } : changes;
}

/** A new record with the number and the name in the address. */
function fieldsOfAddress(): RecordFields {
  const query = placeQuery();
  const number = query.get("number") ?? "";
  const numbers = number ? [{ number, label: "" }] : [];
  return { ...EMPTY, name: query.get("name") ?? "", numbers };
}
