// The form of a source: its address, its secret, a test that shows its records, and its schedule.

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { ImportPreview, Source } from "../api/matcher";
import { type Key, t } from "../i18n/messages";
import { columnChoices, recordType } from "./columns";
import type { Choices } from "./import-api";
import { previewRows, rejections } from "./new-import";
import { type SourceApi, whyNot } from "./source-api";
import {
  type Credentials,
  hasName,
  INTERVALS,
  KINDS,
  type Kind,
  NEW,
  orderOf,
  type Values,
  valuesOf,
  withKind,
} from "./source-values";

type TextField =
  | "name"
  | "address"
  | "items"
  | "next_path"
  | "parameter"
  | "base"
  | "filter"
  | "partner_module"
  | "credentials_name"
  | "at";

export class SourceForm {
  #id = "";
  #values: Values = NEW;
  #preview: ImportPreview | null = null;
  #failure = "";
  #busy: "" | "test" | "save" = "";

  constructor(
    readonly api: SourceApi,
    readonly changed: () => void,
    /** Called when the form has done its work; the source is null if nothing was kept. */
    readonly closed: (source: Source | null) => void,
  ) {}

  /** Shows a source, or an empty form for a new one. */
  show(source: Source | null) {
    this.#id = source?.id ?? "";
    this.#values = source ? valuesOf(source) : NEW;
    this.#preview = null;
    this.#failure = this.#busy = "";
  }

  #set(changes: Partial<Values>) {
    this.#values = { ...this.#values, ...changes };
    this.changed();
  }

  /** Another mapping: the rows that were shown are those of the mapping before. */
  #map = ({ mapping }: Partial<Choices>) => {
    if (!mapping || !this.#preview) return;
    this.#preview = { ...this.#preview, mapping, rows: [], rejections: [] };
    this.#set({ mapping });
  };

  async #act<T>(busy: "test" | "save", ask: () => Promise<T>): Promise<T | null> {
    if (this.#busy) return null;
    this.#busy = busy;
    this.#failure = "";
    this.changed();
    try {
      return await ask();
    } catch (error) {
      this.#failure = whyNot(error);
      return null;
    } finally {
      this.#busy = "";
      this.changed();
    }
  }

  #test = async () => {
    const preview = await this.#act("test", () => this.api.test(this.#id, orderOf(this.#values)));
    if (preview === null) return;
    this.#preview = preview;
    this.#set({ mapping: preview.mapping });
  };

  #save = async (event: Event) => {
    event.preventDefault();
    const saved = await this.#act("save", () => this.api.save(this.#id, orderOf(this.#values)));
    if (saved !== null) this.closed(saved);
  };

  draw() {
    return html`<form class="form source-form" data-testid="source-form" aria-labelledby="source-form-title" @submit=${this.#save}>
      <h3 id="source-form-title" tabindex="-1">${t(this.#id ? "sources.change" : "sources.add")}</h3>
      <div class="form-grid">${this.#place()} ${this.#ofKind()} ${this.#secret()}</div>
      <div class="form-foot">
        <button type="button" class="button quiet" data-testid="source-test" ?disabled=${this.#busy !== ""} @click=${this.#test}>
          ${t("sources.test")}
        </button>
        <p class="meta" role="status" data-testid="source-tested">${this.#status()}</p>
      </div>
      ${this.#failure ? html`<p class="note bad" role="alert" data-testid="source-failure">${this.#failure}</p>` : nothing}
      ${this.#preview ? this.#drawPreview(this.#preview) : nothing}
      <div class="form-grid">${this.#schedule()}</div>
      ${KINDS[this.#values.kind].partial ? this.#check("complete") : nothing} ${this.#check("active")}
      <div class="form-foot">
        <button type="submit" class="button" data-testid="source-save" ?disabled=${this.#busy !== ""}>
          ${t("sources.save")}
        </button>
        <button type="button" class="button quiet" data-testid="source-close" @click=${() => this.closed(null)}>
          ${t("imports.cancel")}
        </button>
      </div>
    </form>`;
  }

  #status() {
    if (this.#busy === "test") return t("sources.testing");
    if (!this.#preview) return "";
    return t(KINDS[this.#values.kind].mapped ? "sources.tested" : "sources.testedReady");
  }

  #drawPreview(preview: ImportPreview) {
    const isStale = preview.rows.length + preview.rejections.length === 0;
    const { mapped } = KINDS[this.#values.kind];
    const choices = html`<div class="import-facts">${recordType(preview.mapping, this.#map)}</div>
      ${columnChoices(preview, this.#map)}`;
    return html`<div class="import-preview" data-testid="source-preview">
      ${mapped ? choices : nothing}
      ${isStale ? html`<p class="meta">${t("sources.testAgain")}</p>` : [rejections(preview), previewRows(preview)]}
    </div>`;
  }

  #place() {
    const { kind } = this.#values;
    return [
      this.#select("kind", kind, Object.keys(KINDS), (value) => this.#choose(value as Kind)),
      this.#text("name", { required: true, max: 50 }),
      this.#text("address", { required: true, hint: `sources.addressHint.${kind}` as Key }),
    ];
  }

  /** Another kind: the records or the failure that were shown are not those of this one. */
  #choose(kind: Kind) {
    this.#preview = null;
    this.#failure = "";
    this.#set(withKind(this.#values, kind));
  }

  #ofKind() {
    switch (this.#values.kind) {
      case "json":
        return this.#pages();
      case "ldap":
        return [this.#text("base", { required: true }), this.#text("filter")];
      case "vtiger":
        return this.#text("partner_module");
      default:
        return nothing;
    }
  }

  #pages() {
    const { paging } = this.#values;
    const isCounted = paging === "page" || paging === "offset";
    return [
      this.#text("items"),
      this.#select("paging", paging, ["none", "next", "page", "offset"], (value) =>
        this.#set({ paging: value as Values["paging"] }),
      ),
      paging === "next" ? this.#text("next_path") : nothing,
      isCounted ? this.#text("parameter", { required: true }) : nothing,
    ];
  }

  #secret() {
    const { kind, credentials, secret, has_secret } = this.#values;
    const typed = (event: Event) => this.#set({ secret: (event.target as HTMLInputElement).value });
    const words = kind === "vtiger" ? kind : credentials;
    const field = html`<label class="field">
      <span class="field-label">${t(`sources.secret.${words}` as Key)}</span>
      <input type="password" autocomplete="new-password" maxlength="2000" data-testid="source-secret"
        aria-describedby="source-secret-hint" .value=${live(secret)} @input=${typed} />
      <span class="hint" id="source-secret-hint">${t(has_secret ? "sources.secretKept" : "sources.secretHint")}</span>
    </label>`;
    const offered = KINDS[kind].credentials;
    const named = credentials === "header" ? "header" : kind === "ldap" ? "ldap" : "basic";
    return [
      offered.length === 1
        ? nothing
        : this.#select("credentials", credentials, offered, (value) =>
            this.#set({ credentials: value as Credentials }),
          ),
      hasName(this.#values)
        ? this.#text("credentials_name", {
            required: true,
            label: `sources.credentials_name.${named}` as Key,
            hint: `sources.credentials_nameHint.${named}` as Key,
          })
        : nothing,
      credentials === "none" ? nothing : field,
    ];
  }

  #schedule() {
    const { schedule } = this.#values;
    const known = (INTERVALS as readonly string[]).includes(schedule);
    const options = known ? INTERVALS : [...INTERVALS, schedule];
    return [
      this.#select("schedule", schedule, options, (value) => this.#set({ schedule: value })),
      schedule === "at" ? this.#text("at", { type: "time", required: true }) : nothing,
    ];
  }

  #text(
    name: TextField,
    {
      type = "text",
      required = false,
      max = 2000,
      label = `sources.${name}` as Key,
      hint = `sources.${name}Hint` as Key,
    } = {},
  ) {
    const id = `source-${name}-hint`;
    const typed = (event: Event) => this.#set({ [name]: (event.target as HTMLInputElement).value });
    return html`<label class="field">
      <span class="field-label">${t(label)}</span>
      <input type=${type} ?required=${required} maxlength=${max} autocomplete="off" spellcheck="false"
        data-testid="source-${name}" aria-describedby=${id} .value=${live(this.#values[name])} @input=${typed} />
      <span class="hint" id=${id}>${t(hint)}</span>
    </label>`;
  }

  #select(
    name: string,
    value: string,
    options: readonly string[],
    chosen: (value: string) => void,
  ) {
    const changed = (event: Event) => chosen((event.target as HTMLSelectElement).value);
    return html`<label class="field">
      <span class="field-label">${t(`sources.${name}` as Key)}</span>
      <select data-testid="source-${name}" .value=${live(value)} @change=${changed}>
        ${options.map((each) => html`<option value=${each} ?selected=${each === value}>${optionText(name, each)}</option>`)}
      </select>
    </label>`;
  }

  #check(name: "complete" | "active"): TemplateResult {
    const hint = `source-${name}-hint`;
    const changed = (event: Event) =>
      this.#set({ [name]: (event.target as HTMLInputElement).checked });
    return html`<label class="import-complete">
      <input type="checkbox" data-testid="source-${name}" aria-describedby=${hint} .checked=${live(this.#values[name])} @change=${changed} />
      <span>${t(`sources.${name}`)}</span>
      <span class="hint" id=${hint}>${t(`sources.${name}Hint`)}</span>
    </label>`;
  }
}

function optionText(name: string, value: string) {
  return name === "schedule" ? scheduleText(value) : t(`sources.${name}.${value}` as Key);
}

/** When a source is read, by its interval or its time of the day. */
export function scheduleText(schedule: string, at = "") {
  if (schedule === "") return t("sources.byHand");
  if (schedule === "at") return at ? t("sources.dailyAt", { at }) : t("sources.daily");
  const minutes = Number(schedule);
  if (minutes === 60) return t("sources.hourly");
  return minutes % 60 === 0
    ? t("sources.hours", { n: minutes / 60 })
    : t("sources.minutes", { n: minutes });
}
