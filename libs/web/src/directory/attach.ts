// The dialog that gives the number of a caller to a record that exists.

import { html, nothing } from "lit";
import type { Record as DirectoryRecord } from "../api/matcher";
import { plain, stranger } from "../dom/stranger";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { typeText } from "./matches";
import type { Adding, OpenDialog } from "./new-records";
import { RecordApi } from "./record-api";
import { RecordDialog } from "./record-dialog";
import { numberFields } from "./record-fields";

const TYPING_MILLIS = 250;
/** Records that the dialog lists; a longer word finds the others. */
const LISTED = 20;

export function attachNumber(adding: Adding): OpenDialog {
  return new RecordSearch(adding).open();
}

class RecordSearch extends RecordDialog {
  #records: DirectoryRecord[] = [];
  #isRead = false;
  #note = "";
  #isBusy = false;
  #request = 0;
  #timer = 0;

  constructor(adding: Adding) {
    super(adding, "attach-number", "record.attach");
  }

  protected override opened() {
    void this.#read("");
  }

  protected override closed() {
    window.clearTimeout(this.#timer);
  }

  protected override content() {
    return html`
      ${this.number()}
      <label class="field">
        <span class="field-label">${t("record.search")}</span>
        <input
          type="search"
          maxlength="100"
          autocomplete="off"
          data-testid="record-search"
          @input=${this.#onInput}
        />
      </label>
      <ul class="record-choices" aria-label=${t("matches.title")}>
        ${this.#records.map((record) => this.#choice(record))}
      </ul>
      <p class="meta" role="status" ?hidden=${!this.#isRead || this.#records.length > 0}>${t("record.noneFound")}</p>
      <p class="note bad" role="alert" ?hidden=${!this.#note}>${this.#note}</p>
    `;
  }

  #choice(record: DirectoryRecord) {
    const company = plain(record.organization);
    return html`<li>
      <button
        type="button"
        class="record-choice"
        data-testid="record-choice"
        ?disabled=${this.#isBusy}
        @click=${() => void this.#attach(record)}
      >
        <span class="badge type-${record.type}">${typeText(record.type)}</span>
        <span class="record-choice-name">${stranger(record.name)}</span>
        ${company ? html`<span class="meta">${stranger(company)}</span>` : nothing}
      </button>
    </li>`;
  }

  #onInput = (event: Event) => {
    const { value } = event.target as HTMLInputElement;
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#read(value.trim()), TYPING_MILLIS);
  };

  /** Lists the records whose name has this text; the answer to an older text is ignored. */
  async #read(text: string) {
    const request = ++this.#request;
    const { api } = this.adding.context;
    try {
      const query = { q: text.length > 1 ? text : null, limit: LISTED };
      const { items } = await api.ask("GET /api/directory/records", { query });
      if (request !== this.#request) return;
      this.#records = items;
      this.#isRead = true;
      this.#note = "";
    } catch (error) {
      if (request === this.#request) this.#note = reason(error);
    }
    this.draw();
  }

  /** Adds the number to those that the record has now. */
  async #attach({ id }: DirectoryRecord) {
    const { remote, context, saved } = this.adding;
    const records = new RecordApi(context.api);
    this.#isBusy = true;
    this.draw();
    try {
      const record = await records.get(id);
      const numbers = [...record.numbers.map(numberFields), { number: remote.e164 ?? remote.raw }];
      await records.change(id, { numbers }, record.version);
      this.close();
      saved(record.name);
    } catch (error) {
      this.#note = reason(error);
    } finally {
      this.#isBusy = false;
      this.draw();
    }
  }
}
