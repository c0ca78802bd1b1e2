// The lines to paste into the settings of a phone.

import { html, nothing, render } from "lit";
import type { DeviceUrls, Pasted } from "../core/types";
import { copyable } from "../dom/copy";
import { language, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import { iconOf } from "../ui/icon";
import type { DeviceApi } from "./device-api";

/** Stands for the key on the screen until somebody asks to see it. */
const MASK = "••••••••";
const COPIED_MILLIS = 2500;

export class Urls {
  #urls: DeviceUrls | null = null;
  #failure = "";
  #isShown = false;
  /** The words about the last copy of all lines, for a moment; else null. */
  #copied: "copy.copied" | "urls.copyFailed" | null = null;
  readonly element = panelOf("urls", "urls-title");

  constructor(
    readonly api: DeviceApi,
    readonly device: string,
  ) {
    this.#draw();
  }

  async read() {
    try {
      this.#urls = await this.api.urls(this.device);
      this.#failure = "";
    } catch (error) {
      this.#failure = reason(error);
    }
    this.#draw();
  }

  #draw() {
    render(
      html`<header class="panel-head">
          <div>
            <h3 id="urls-title">${t("urls.title")}</h3>
            <p class="meta">${t("urls.lead")}</p>
          </div>
          <div class="urls-actions">${this.#actions()}</div>
        </header>
        <div class="urls">${this.#body()}</div>`,
      this.element,
    );
  }

  #actions() {
    const reveal = () => {
      this.#isShown = !this.#isShown;
      this.#draw();
    };
    return html`<button
        type="button"
        class="button quiet"
        aria-pressed=${this.#isShown}
        data-testid="urls-reveal"
        @click=${reveal}
      >
        ${t("urls.reveal")}
      </button>
      <button
        type="button"
        class="button quiet"
        data-testid="urls-copy-all"
        @click=${() => void this.#copyAll()}
      >
        ${iconOf("copy")}<span role="status">${t(this.#copied ?? "urls.copyAll")}</span>
      </button>`;
  }

  #body() {
    const urls = this.#urls;
    if (this.#failure) return html`<p class="empty bad" role="alert">${this.#failure}</p>`;
    if (urls === null) return nothing;
    const shown = (text: string) => (this.#isShown ? text : masked(text));
    return html`
      ${urls.warning === null ? nothing : warning(urls.warning)}
      ${
        urls.notes.length > 0
          ? html`<ul class="preset-notes">${urls.notes.map((note) => html`<li>${note[language()]}</li>`)}</ul>`
          : nothing
      }
      <ul class="url-list">
        ${urls.items.map((pasted) => item(pasted, shown))}
        ${urls.pop ? popItem(urls.pop) : nothing}
      </ul>
    `;
  }

  /** Copies all lines with their labels, and says so on the button. */
  async #copyAll() {
    const text = allLines(this.#urls?.items ?? []);
    const isCopied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    this.#say(isCopied ? "copy.copied" : "urls.copyFailed");
    window.setTimeout(() => this.#say(null), COPIED_MILLIS);
  }

  #say(copied: "copy.copied" | "urls.copyFailed" | null) {
    this.#copied = copied;
    this.#draw();
  }
}

/** Hides the key in the addresses of a text. */
export function masked(text: string) {
  return text.replace(/(\/hit\/)[\w-]+/g, `$1${MASK}`);
}

/** Returns all lines with their labels, one after another. */
export function allLines(items: Pasted[]) {
  return items
    .map(({ label, text, method, body }) =>
      [`${label}:`, text, ...(method === "GET" || body === "" ? [] : [body])].join("\n"),
    )
    .join("\n\n");
}

function warning(code: NonNullable<DeviceUrls["warning"]>) {
  return html`<p class="url-warning" role="note" data-testid="url-warning">
    ${iconOf("bell")}<span>${t(`urls.warning.${code}`)}</span>
  </p>`;
}

function item(pasted: Pasted, shown: (text: string) => string) {
  const { label, text, events, method, body } = pasted;
  const hasBody = method !== "GET" && body !== "";
  return html`<li class="url" data-testid="url-row" data-events=${events.join(" ")}>
    <div class="url-head">
      <h4>${label}</h4>
      ${events.map((event) => html`<span class="tag">${eventText(event)}</span>`)}
      ${method === "GET" ? nothing : html`<span class="tag tag-method">${method}</span>`}
      ${length(pasted)}
    </div>
    ${copyable(text, { label, testid: "url", shown: shown(text) })}
    ${hasBody ? bodyOf(pasted, shown) : nothing}
  </li>`;
}

/** The address of the page of the caller. */
function popItem(url: string) {
  return html`<li class="url">
    <div class="url-head"><h4>${t("urls.pop")}</h4></div>
    <p class="hint">${t("urls.popHint")}</p>
    ${copyable(url, { label: t("urls.pop"), testid: "pop-url" })}
  </li>`;
}

function length({ length: n, limit, fits }: Pasted) {
  if (limit === null) return nothing;
  return html`<span class=${fits ? "meta url-length" : "url-length bad"} data-testid="url-length">${t(
    fits ? "urls.length" : "urls.tooLong",
    { n, limit },
  )}</span>`;
}

function bodyOf({ body, content_type }: Pasted, shown: (text: string) => string) {
  const type = content_type ? ` (${content_type})` : "";
  return html`<div class="url-body">
    <p class="meta">${t("urls.body")}${type}</p>
    ${copyable(body, { label: t("urls.body"), testid: "url-body", shown: shown(body) })}
  </div>`;
}

function eventText(event: string) {
  switch (event) {
    case "dialed":
    case "ringing":
    case "connected":
    case "ended":
    case "missed":
      return t(`event.${event}`);
    default:
      return event;
  }
}
