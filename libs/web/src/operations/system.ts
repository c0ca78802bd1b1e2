// The state of the whole installation for operators: at one glance whether all is well, what is wrong
// first, then each service with its version, its resources and its queues, and the sweeps.

import { html, nothing, render, type TemplateResult } from "lit";
import type { QueueState, SystemOutput } from "../api/janitor";
import "../ui/pill";
import "../ui/table";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import { now, secondsSince } from "../core/clock";
import { address } from "../core/place";
import type { View } from "../core/view";
import { counted, language, t, wordsOf } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { iconOf } from "../ui/icon";
import type { Column } from "../ui/table";
import { type ServiceState, SystemApi, type TenantSweeps } from "./system-api";
import { type Fault, faults } from "./system-health";

const READ_SECONDS = 5;
/** Sweeps change once in a night, and whenever an operator asks for one. */
const SWEEPS_SECONDS = 30;

export class SystemPage implements View {
  readonly api: SystemApi;
  readonly element = document.createElement("div");
  #services: ServiceState[] = [];
  #sweeps: TenantSweeps[] = [];
  #sweepsFailed = "";
  #readAt = 0;
  #sweepsAt = 0;
  #reading = false;
  #stopped = false;

  constructor(readonly context: Context) {
    this.api = new SystemApi(context.api);
    this.element.className = "stack";
    this.#draw();
    void this.read();
  }

  /** Reads the services, and the sweeps if they are due. */
  async read() {
    if (this.#reading) return;
    this.#reading = true;
    const isDue = performance.now() - this.#sweepsAt > SWEEPS_SECONDS * 1000 || !this.#sweepsAt;
    const [services] = await Promise.all([this.api.services(), isDue && this.#readSweeps()]);
    this.#services = services;
    this.#readAt = now();
    this.#reading = false;
    if (!this.#stopped) this.#draw();
  }

  async #readSweeps() {
    this.#sweepsAt = performance.now();
    try {
      this.#sweeps = await this.api.sweeps();
      this.#sweepsFailed = "";
    } catch (error) {
      this.#sweepsFailed = reason(error);
    }
  }

  tick() {
    if (document.hidden || now() - this.#readAt < READ_SECONDS * 1000) return;
    void this.read();
  }

  again() {
    void this.read();
  }

  stop() {
    this.#stopped = true;
  }

  async #sweep(tenant: string) {
    try {
      await this.api.sweep(tenant);
      this.context.say(t("system.sweepAsked", { tenant }), "good");
      await this.#readSweeps();
      this.#draw();
    } catch (error) {
      this.context.say(reason(error), "bad");
    }
  }

  #draw() {
    const found = faults(this.#services, this.#sweeps, now());
    render(
      html`
        ${this.#verdict(found)}
        <section class="panel" aria-labelledby="services-title">
          <header class="panel-head"><h3 id="services-title">${t("system.services")}</h3></header>
          <ul class="services">${this.#services.map(serviceItem)}</ul>
        </section>
        ${this.#sweepPanel()}
      `,
      this.element,
    );
  }

  #verdict(found: Fault[]) {
    const isRead = this.#readAt > 0;
    const state = isRead ? (found.length > 0 ? "bad" : "good") : "reading";
    const title = isRead
      ? found.length > 0
        ? counted("system.faults", found.length)
        : t("system.good")
      : t("loading");
    return html`<section class="panel verdict" data-state=${state} aria-labelledby="system-title"
      data-testid="system">
      <div class="verdict-head">
        <span class="verdict-icon">${iconOf(found.length > 0 ? "missed" : "ended")}</span>
        <div class="verdict-words">
          <div role="status"><h2 id="system-title" data-testid="system-verdict">${title}</h2></div>
          <p class="meta">${isRead ? summary(this.#services) : t("system.lead")}</p>
        </div>
        <p class="meta verdict-time">
          ${isRead ? t("system.readAt", { time: clockTime(this.#readAt) }) : nothing}
        </p>
      </div>
      ${
        found.length > 0
          ? html`<ul class="faults">${found.map((fault) => html`<li data-testid="fault" data-kind=${fault.kind}>${faultText(fault)}</li>`)}</ul>`
          : nothing
      }
    </section>`;
  }

  #sweepPanel() {
    const columns: Column<TenantSweeps>[] = [
      { title: t("system.tenant"), cell: ({ tenant }) => tenant },
      { title: t("system.lastSweep"), cell: ({ last }) => lastSweep(last) },
      { title: t("system.nextSweep"), cell: ({ next }) => (next ? when(next) : "–") },
      {
        title: t("system.action"),
        cell: ({ tenant }) => html`<button
          type="button"
          class="button quiet"
          data-testid="sweep-now"
          aria-label=${t("system.sweepNowOf", { tenant })}
          @click=${() => void this.#sweep(tenant)}
        >
          ${t("system.sweepNow")}
        </button>`,
      },
    ];
    return html`<section class="panel" aria-labelledby="sweeps-title" data-testid="sweeps">
      <header class="panel-head">
        <div>
          <h3 id="sweeps-title">${t("system.sweeps")}</h3>
          <p class="meta">${t("system.sweepsLead")}</p>
        </div>
      </header>
      ${this.#sweepsFailed ? html`<p class="empty bad" role="alert">${this.#sweepsFailed}</p>` : nothing}
      <sc-table
        class="stacking"
        label=${t("system.sweepsOf")}
        empty=${this.#sweepsAt ? t("system.noSweeps") : t("loading")}
        .columns=${columns}
        .rows=${this.#sweeps}
        .key=${(row: TenantSweeps) => row.tenant}
      ></sc-table>
    </section>`;
  }
}

/** One line under the verdict: how many services run and how much waits. */
function summary(services: ServiceState[]) {
  const running = services.filter(({ output }) => output !== null);
  const waiting = running
    .flatMap(({ output }) => output?.queues ?? [])
    .reduce((sum, { messages }) => sum + messages, 0);
  const sockets = running.reduce((sum, { output }) => sum + (output?.figures.sockets ?? 0), 0);
  const state = { n: running.length, all: services.length };
  return [
    t("system.running", state),
    counted("system.waiting", waiting),
    counted("system.sockets", sockets),
  ].join(" · ");
}

function serviceItem({ service, output, why }: ServiceState) {
  const state = output?.status ?? "away";
  return html`<li class="service" data-testid="service" data-service=${service} data-state=${state}>
    <div class="service-head">
      <h4>${service}</h4>
      <sc-pill state=${PILLS[state]} icon=${ICONS[state]} words=${t(`system.${state}`)}></sc-pill>
    </div>
    ${output === null ? html`<p class="bad">${why}</p>` : serviceFacts(output)}
  </li>`;
}

const PILLS = { ok: "accepted", degraded: "ringing", draining: "ended", away: "refused" };
const ICONS = { ok: "ended", degraded: "missed", draining: "elsewhere", away: "missed" };

function serviceFacts({ version, started_at, resources, queues, figures }: SystemOutput) {
  return html`
    <p class="meta">${t("system.since", { version, when: when(started_at) })}</p>
    <ul class="resources">
      ${resources.map(
        ({ name, state }) => html`<li data-state=${state === "ok" ? "ok" : "bad"}>
          <span class="dot"></span>${resourceName(name)}
          <span class="unseen">: ${state === "ok" ? t("system.ok") : ""}</span>
          ${state === "ok" ? nothing : html`<span class="bad">${state}</span>`}
        </li>`,
      )}
    </ul>
    <dl class="figures">
      ${queues === null ? fact(t("system.queues"), t("system.unknown")) : nothing}
      ${(queues ?? []).filter(isShown).map((each) => fact(each.queue, numberOf(each.messages)))}
      ${Object.entries(figures).map(([name, value]) => figure(name, value))}
    </dl>
  `;
}

/** The words for a resource; programs such as RabbitMQ have the same name in every language. */
function resourceName(name: string) {
  return wordsOf(`system.resource.${name}`) ?? name;
}

/** A queue of dead letters is empty but for the moment before janitor stores them. */
function isShown({ queue, messages }: QueueState) {
  return messages > 0 || !queue.endsWith(".dead");
}

function figure(name: string, value: number | null) {
  const shown = value === null ? t("system.unknown") : numberOf(value);
  switch (name) {
    case "spool_depth":
      return fact(t("system.spoolDepth"), shown);
    case "spool_age_seconds":
      return value ? fact(t("system.spoolAge"), ago(value)) : nothing;
    case "dead_letters":
      return fact(t("nav.deadLetters"), shown);
    case "sockets":
      return fact(t("system.socketsName"), shown);
    default:
      return fact(name, shown);
  }
}

function fact(name: string, value: string) {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function faultText(fault: Fault): TemplateResult | string {
  switch (fault.kind) {
    case "backlog":
      return counted("system.backlog", fault.n, { queue: fault.queue });
    case "spool":
      return counted("system.spool", fault.n, { age: ago(fault.seconds) });
    case "letters":
      return html`${counted("system.letters", fault.n)}
        <a href=${address("dead-letters")}>${t("system.show")}</a>`;
    case "sweepLate":
    case "sweepOpen":
      return t(`system.${fault.kind}`, { tenant: fault.tenant, when: when(fault.at) });
    case "resource":
      return t("system.fault.resource", { ...fault, name: resourceName(fault.name) });
    default:
      return t(`system.fault.${fault.kind}`, { ...fault });
  }
}

function lastSweep(sweep: TenantSweeps["last"]) {
  if (sweep === null) return t("system.never");
  const { finished_at, requested_at, moved } = sweep;
  if (finished_at === null) {
    const seconds = secondsSince(requested_at);
    return t("system.sweepRuns", { when: when(requested_at), age: ago(seconds) });
  }
  return `${when(finished_at)} · ${counted("system.moved", moved ?? 0)}`;
}

/** A span of time in its largest unit. */
function ago(seconds: number) {
  if (seconds < 90) return t("system.seconds", { n: Math.round(seconds) });
  if (seconds < 5400) return t("system.minutes", { n: Math.round(seconds / 60) });
  return t("system.hours", { n: Math.round(seconds / 3600) });
}

function numberOf(n: number) {
  return new Intl.NumberFormat(language()).format(n);
}

function clockTime(millis: number) {
  return new Date(millis).toLocaleTimeString(language(), { hour12: false });
}
