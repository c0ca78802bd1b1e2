// The dialog that adds a record with the number and the name of a caller.

import { html } from "lit";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import type { Adding, OpenDialog } from "./new-records";
import { RecordApi } from "./record-api";
import { RecordDialog } from "./record-dialog";
import { EMPTY, enteredFields, recordFields } from "./record-fields";
import "../forms/form";

export function newRecord(adding: Adding): OpenDialog {
  return new NewRecordDialog(adding).open();
}

class NewRecordDialog extends RecordDialog {
  readonly #api: RecordApi;

  constructor(adding: Adding) {
    super(adding, "new-record", "record.new");
    this.#api = new RecordApi(adding.context.api);
  }

  protected override opened() {
    this.element.querySelector<HTMLInputElement>("input[name=name]")?.focus();
  }

  protected override content() {
    const { remote, name, organization } = this.adding;
    const numbers = [{ number: remote.e164 ?? remote.raw, label: "" }];
    const { user } = this.adding.context;
    return html`<sc-form
      data-testid="record-form"
      .content=${recordFields({ ...EMPTY, name, organization, numbers }, this.#api, { isNew: true, user })}
      .words=${t("record.add")}
      .actions=${this.cancel()}
      .work=${this.#save}
    ></sc-form>`;
  }

  protected override actions() {
    return null; // they are the form's
  }

  #save = async (values: Values) => {
    const record = await this.#api.add(enteredFields(values, this.adding.context.user));
    this.close();
    this.adding.saved(record.name);
    return "";
  };
}
