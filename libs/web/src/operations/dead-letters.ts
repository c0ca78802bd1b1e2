// The list of dead letters, where operators search, read, replay and drop them.

import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Context } from "../calls/context";
import { keepFilter, placeFilter } from "../core/place";
import type { DeadLetter } from "../core/types";
import type { View } from "../core/view";
import { filterForm, filterSelect } from "../forms/filter";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import { PagedList, pagedRows } from "../ui/paged-list";
import { letterRow } from "./dead-letter";
import { DeadLetterApi, type LetterFilter } from "./dead-letter-api";
import { SystemApi } from "./system-api";
import { TenantListApi } from "./tenant-list-api";

type Named = { id: string; name: string };

const STATES = ["waiting", "replayed"] as const;
const WAITING: LetterFilter = { state: "waiting", queue: "", tenant: "" };

export class DeadLetters implements View {
  #filter: LetterFilter;
  #queues: readonly string[] = [];
  #tenants: readonly Named[] = [];
  /** The ids of the letters that are open. */
  readonly #open = new Set<string>();
  readonly #api: DeadLetterApi;
  readonly #list: PagedList<DeadLetter>;
  readonly element = panelOf("letters", "letters-title");

  constructor(readonly context: Context) {
    this.#api = new DeadLetterApi(context.api);
    this.#filter = filterOfAddress();
    this.#list = new PagedList<DeadLetter>({
      read: (cursor) => this.#api.list(this.#filter, cursor),
      changed: () => this.#draw(),
    });
    void this.#list.read();
    void this.#readChoices();
  }

  /** Reads the queues and tenants of the filter; what cannot be read cannot be chosen. */
  async #readChoices() {
    const [services, tenants] = await Promise.all([
      new SystemApi(this.context.api).services(),
      new TenantListApi(this.context.api).all().catch(() => []),
    ]);
    const queues = services.flatMap(({ output }) => output?.queues ?? []).map((each) => each.queue);
    this.#queues = [...new Set(queues)].sort();
    this.#tenants = tenants;
    this.#draw();
  }

  again() {
    void this.#list.read();
  }

  stop() {
    this.#list.stop();
  }

  #choose(changes: Partial<LetterFilter>) {
    this.#filter = { ...this.#filter, ...changes };
    keepFilter("dead-letters", this.#filter, WAITING);
    void this.#list.read();
  }

  #draw() {
    const { queue, tenant } = this.#filter;
    const words = {
      loading: t("loading"),
      empty: t(queue || tenant ? "letter.noneSuch" : "letter.none"),
      failed: (error: unknown) => t("letter.failed", { why: reason(error) }),
      more: t("letter.more"),
      retry: t("history.retry"),
    };
    render(
      html`<header class="panel-head">
          <div class="letters-lead">
            <h2 id="letters-title">${t("letter.title")}</h2>
            <p class="meta">${t("letter.lead")}</p>
          </div>
          ${filterForm(this.#choices())}
        </header>
        ${pagedRows(this.#list, words, (letters) => this.#rows(letters), null, this.#replayer())}`,
      this.element,
    );
  }

  #choices() {
    const { state, queue, tenant } = this.#filter;
    const nameOf = ({ id, name }: Named) => (name === id ? id : `${name} (${id})`);
    return html`
      ${filterSelect({
        label: t("letter.state"),
        testid: "letters-state",
        value: state,
        options: STATES.map((each) => [each, t(`letter.${each}`)] as const),
        chosen: (value) => this.#choose({ state: value as LetterFilter["state"] }),
      })}
      ${filterSelect({
        label: t("letter.queue"),
        testid: "letters-queue",
        value: queue,
        options: this.#queues.map((each) => [each, each] as const),
        chosen: (value) => this.#choose({ queue: value }),
      })}
      ${filterSelect({
        label: t("letter.tenant"),
        testid: "letters-tenant",
        value: tenant,
        options: this.#tenants.map((each) => [each.id, nameOf(each)] as const),
        chosen: (value) => this.#choose({ tenant: value }),
      })}
    `;
  }

  #rows(letters: readonly DeadLetter[]) {
    const actions = {
      toggle: this.#toggle,
      replay: (letter: DeadLetter) => this.#replay(letter),
      drop: (letter: DeadLetter) => this.#drop(letter),
    };
    return html`<ul class="hits">
      ${repeat(
        letters,
        ({ id }) => id,
        (letter) => letterRow(letter, this.#open.has(letter.id), actions),
      )}
    </ul>`;
  }

  #replayer() {
    const isWaiting = this.#list.items.some(({ state }) => state === "waiting");
    if (!isWaiting) return nothing;
    return html`<sc-confirm
      testid="letters-replay"
      .label=${t("letter.replayAll")}
      .question=${t("letter.replayAllSure")}
      .action=${() => this.#replayAll()}
    ></sc-confirm>`;
  }

  #toggle = ({ id }: DeadLetter) => {
    if (!this.#open.delete(id)) this.#open.add(id);
    this.#draw();
  };

  async #replay(letter: DeadLetter) {
    await this.#done(t("letter.done"), async () => {
      this.#list.replace(letter, await this.#api.replay(letter.id));
    });
  }

  async #drop(letter: DeadLetter) {
    await this.#done(t("letter.dropped"), async () => {
      await this.#api.drop(letter.id);
      this.#list.remove(letter);
    });
  }

  /** Replays all waiting letters that match the filter, and shows the progress. */
  async #replayAll() {
    const [first] = this.#list.items;
    if (!first) return;
    const before = new Date(Date.parse(first.last_at) + 1).toISOString(); // the newest shown
    let done = 0;
    await this.#done("", async () => {
      for (;;) {
        const { replayed } = await this.#api.replayAll(this.#filter, before);
        if (replayed === 0) break;
        done += replayed;
        this.context.say(t("letter.doneAll", { n: done }), "good");
      }
    });
    await this.#list.read();
  }

  /** Does something and shows that it is done, or why it failed. */
  async #done(words: string, action: () => Promise<void>) {
    try {
      await action();
      if (words) this.context.say(words, "good");
    } catch (error) {
      this.context.say(t("letter.notDone", { why: reason(error) }), "bad");
    }
  }
}

function filterOfAddress(): LetterFilter {
  const filter = placeFilter(WAITING);
  return { ...filter, state: STATES.find((each) => each === filter.state) ?? "" };
}
