// The list of dead letters, where operators search, read, replay and drop them.
/** @import { Context, DeadLetter, LetterFilter, View } from "./types.js" */

import { reason } from "./api.js";
import { confirmButton } from "./confirm.js";
import { DeadLetterApi } from "./dead-letter-api.js";
import { DeadLetterRow } from "./dead-letter.js";
import { field, fill, h, setText } from "./dom.js";
import { choice } from "./filter.js";
import { t } from "./messages.js";

const STATES = /** @type {const} */ (["waiting", "replayed"]);
const TYPING_MILLIS = 350;

/** @implements {View} */
export class DeadLetters {
  /** @type {LetterFilter} */
  #filter = { state: "waiting", queue: "", tenant: "" };
  /** @type {Map<string, DeadLetterRow>} */
  #rows = new Map();
  /** @type {string | null} */
  #next = null;
  /** The newest request; answers to older ones are ignored. */
  #request = 0;
  #typing = 0;

  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.api = new DeadLetterApi(context.api);
    this.actions = { replay: this.#replay.bind(this), drop: this.#drop.bind(this) };
    this.list = h("ul", { class: "hits" });
    this.note = h("p", { class: "empty", role: "status" }, t("loading"));
    this.more = h(
      "button",
      { type: "button", class: "button quiet", onclick: () => void this.read(this.#next) },
      t("letter.more"),
    );
    this.more.hidden = true;
    this.all = confirmButton({
      label: t("letter.replayAll"),
      question: t("letter.replayAllSure"),
      testid: "letters-replay",
      danger: false,
      action: () => this.#replayAll(),
    });
    this.all.hidden = true;
    this.element = h(
      "section",
      { class: "panel", "aria-labelledby": "letters-title", "data-testid": "letters" },
      h(
        "header",
        { class: "panel-head" },
        h(
          "div",
          { class: "letters-lead" },
          h("h2", { id: "letters-title" }, t("letter.title")),
          h("p", { class: "meta" }, t("letter.lead")),
        ),
        this.#filterForm(),
      ),
      this.list,
      this.note,
      h("div", { class: "panel-foot" }, this.all, this.more),
    );
    void this.read(null);
  }

  #filterForm() {
    const words = STATES.map((state) => [state, t(`letter.${state}`)]);
    const state = choice("letters-state", words, this.#filter.state);
    const typed = (/** @type {string} */ testid) =>
      h("input", { type: "search", maxlength: 100, autocomplete: "off", "data-testid": testid });
    const [queue, tenant] = [typed("letters-queue"), typed("letters-tenant")];
    const apply = () => {
      const said = { queue: queue.value.trim(), tenant: tenant.value.trim() };
      this.#filter = { state: state.value, ...said };
      void this.read(null);
    };
    state.addEventListener("change", apply);
    for (const input of [queue, tenant]) {
      input.addEventListener("input", () => {
        window.clearTimeout(this.#typing);
        this.#typing = window.setTimeout(apply, TYPING_MILLIS);
      });
    }
    const submit = (/** @type {Event} */ event) => event.preventDefault();
    return h(
      "form",
      { class: "filter", role: "search", onsubmit: submit },
      field(t("letter.state"), state),
      field(t("letter.queue"), queue),
      field(t("letter.tenant"), tenant),
    );
  }

  /**
   * Reads the first page, or the next one from a cursor.
   * @param {string | null} cursor
   */
  async read(cursor) {
    const request = ++this.#request;
    try {
      const page = await this.api.list(this.#filter, cursor);
      if (request !== this.#request) return;
      const known = cursor === null ? [] : [...this.#rows];
      const rows = page.items.map((letter) => this.#row(letter));
      this.#rows = new Map([...known, ...rows]);
      this.#next = page.next;
      const { queue, tenant } = this.#filter;
      this.#draw(t(queue || tenant ? "letter.noneSuch" : "letter.none"));
    } catch (error) {
      if (request !== this.#request) return;
      this.#rows.clear();
      this.#next = null;
      this.#draw(t("letter.failed", { why: reason(error) }));
    }
  }

  again() {
    void this.read(null);
  }

  stop() {
    window.clearTimeout(this.#typing);
    this.#request += 1;
  }

  /**
   * @param {DeadLetter} letter
   * @returns {[string, DeadLetterRow]}
   */
  #row(letter) {
    const known = this.#rows.get(letter.id);
    known?.update(letter);
    return [letter.id, known ?? new DeadLetterRow(letter, this.actions)];
  }

  /** @param {string} note shown while the list is empty */
  #draw(note) {
    const rows = [...this.#rows.values()];
    fill(this.list, ...rows.map((row) => row.element));
    setText(this.note, rows.length ? "" : note);
    this.note.hidden = rows.length > 0;
    this.more.hidden = this.#next === null;
    this.all.hidden = !rows.some((row) => row.letter.state === "waiting");
  }

  /** @param {DeadLetter} letter */
  async #replay(letter) {
    await this.#done(t("letter.done"), async () => {
      const now = await this.api.replay(letter.id);
      this.#rows.get(letter.id)?.update(now);
    });
  }

  /** @param {DeadLetter} letter */
  async #drop(letter) {
    await this.#done(t("letter.dropped"), async () => {
      await this.api.drop(letter.id);
      this.#rows.delete(letter.id);
      this.#draw(t("letter.none"));
    });
  }

  /** Replays all waiting letters that match the filter, and shows the progress. */
  async #replayAll() {
    const [first] = this.#rows.values();
    if (!first) return;
    const before = new Date(Date.parse(first.letter.last_at) + 1).toISOString(); // the newest shown
    let done = 0;
    await this.#done("", async () => {
      for (;;) {
        const { replayed } = await this.api.replayAll(this.#filter, before);
        if (replayed === 0) break;
        done += replayed;
        this.context.say(t("letter.doneAll", { n: done }), "good");
      }
    });
    await this.read(null);
  }

  /**
   * @param {string} said afterwards
   * @param {() => Promise<void>} action
   */
  async #done(said, action) {
    try {
      await action();
      if (said) this.context.say(said, "good");
    } catch (error) {
      this.context.say(t("letter.notDone", { why: reason(error) }), "bad");
    }
  }
}
