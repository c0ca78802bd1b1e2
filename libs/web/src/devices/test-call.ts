// The button that makes a test call of a phone, and how far the call has come.

import { html, nothing, render } from "lit";
import type { Context } from "../calls/context";
import { address } from "../core/place";
import { ApiError } from "../core/request";
import type { Device } from "../core/types";
import { t } from "../i18n/messages";
import { fieldText } from "../i18n/problems";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import { iconOf } from "../ui/icon";
import type { DeviceApi } from "./device-api";

type Step = "sent" | "understood" | "shown";
type State = "waiting" | "running" | "done" | "failed";

const STEPS: readonly Step[] = ["sent", "understood", "shown"];
const ICONS = { waiting: "elsewhere", running: "ringing", done: "ended", failed: "missed" };
/** The call is asked for once a second, at most so often. */
const LOOKS = 20;
/** A call that was just made is among the latest ones. */
const LATEST = 20;

export class TestCall {
  readonly element = panelOf("test-call", "test-title");
  #device: Device | null = null;
  #extension = "";
  #problem = "";
  #states: Record<Step, State> | null = null;
  #why = "";
  #call = "";
  #looks = 0;
  #busy = false;

  constructor(
    readonly context: Context,
    readonly api: DeviceApi,
  ) {
    this.#extension = context.user.extensions[0] ?? "";
    this.#draw();
  }

  /** The device as it is stored; a fixed extension needs no field. */
  show(device: Device) {
    this.#device = device;
    this.#draw();
  }

  #draw() {
    const device = this.#device;
    render(
      html`<header class="panel-head">
          <div>
            <h3 id="test-title">${t("test.title")}</h3>
            <p class="meta">${t("test.lead")}</p>
          </div>
          <form class="test-form" novalidate @submit=${this.#onSubmit}>
            ${device !== null && device.extension === null ? this.#field() : nothing}
            <button class="button" data-testid="test-make" ?disabled=${this.#busy || device === null}>
              ${iconOf("bell")}${t("test.make")}
            </button>
          </form>
        </header>
        <div role="status">${this.#states ? this.#progress(this.#states) : nothing}</div>`,
      this.element,
    );
  }

  #field() {
    return html`<label class="field">
      <span class="field-label">${t("test.extension")}</span>
      <input
        data-testid="test-extension"
        maxlength="64"
        inputmode="tel"
        autocomplete="off"
        aria-invalid=${this.#problem ? "true" : "false"}
        aria-describedby="test-problem"
        .value=${this.#extension}
        @input=${(event: Event) => {
          this.#extension = (event.target as HTMLInputElement).value;
        }}
      />
      <span class="note bad" id="test-problem" role="alert" ?hidden=${!this.#problem}>
        ${this.#problem}
      </span>
    </label>`;
  }

  #progress(states: Record<Step, State>) {
    return html`<ol class="test-steps">
      ${STEPS.map((step) => {
        const state = states[step];
        return html`<li class="test-step" data-testid="test-${step}" data-state=${state}>
          ${iconOf(ICONS[state])}
          <span>${t(`test.${step}`)}<span class="unseen">: ${t(`test.state.${state}`)}</span></span>
        </li>`;
      })}
    </ol>
    ${this.#why ? html`<p class="test-why" data-testid="test-why">${this.#why}</p>` : nothing}
    ${
      states.shown === "done"
        ? html`<p class="test-why good">
          ${t("test.done")} <a href=${address("calls", this.#call)}>${t("hit.call")}</a>
        </p>`
        : nothing
    }`;
  }

  #onSubmit = (event: Event) => {
    event.preventDefault();
    if (!this.#busy && this.#device) void this.#make(this.#device);
  };

  async #make(device: Device) {
    const extension = this.#extension.trim();
    this.#problem = device.extension === null && !extension ? t("form.missing") : "";
    this.#why = this.#call = "";
    if (this.#problem) {
      this.#states = null;
      return this.#draw();
    }
    this.#busy = true;
    this.#turn("running", "waiting", "waiting");
    try {
      const said = device.extension === null ? extension : null;
      const { call_id: call } = await this.api.test(device.id, said);
      if (call === null) {
        this.#why = t("test.noCall");
        this.#turn("done", "failed", "waiting");
      } else {
        this.#call = call;
        this.#looks = LOOKS;
        this.#turn("done", "done", "running");
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#busy = false;
    this.#draw();
  }

  #fail(error: unknown) {
    const problem = error instanceof ApiError ? error.problem.errors?.[0] : undefined;
    const isUnread = error instanceof ApiError && error.status === 422 && problem !== undefined;
    if (isUnread && problem.field === "extension") {
      this.#problem = fieldText(problem);
      this.#states = null;
      return;
    }
    this.#why = isUnread ? `${problem.field}: ${fieldText(problem)}` : reason(error);
    if (isUnread) this.#turn("done", "failed", "waiting");
    else this.#turn("failed", "waiting", "waiting");
  }

  #turn(sent: State, understood: State, shown: State) {
    this.#states = { sent, understood, shown };
    this.#draw();
  }

  /** Looks for the call: a frame brings it to its own extension, the list has it a moment later. */
  tick() {
    if (this.#states?.shown !== "running") return;
    if (this.context.calls.get(this.#call)) return this.#turn("done", "done", "done");
    if (this.#looks === 0) {
      this.#why = t("test.notShown");
      return this.#turn("done", "done", "failed");
    }
    this.#looks -= 1;
    void this.#look(this.#call);
  }

  async #look(call: string) {
    const page = await this.context.api
      .ask("GET /api/calls", { query: { limit: LATEST } })
      .catch(() => null);
    const found = page?.items.some(({ id }) => id === call);
    if (found && call === this.#call && this.#states?.shown === "running") {
      this.#turn("done", "done", "done");
    }
  }
}
