// Shows a caller: who it is, the records, what was before, and what can be done. The popup of a call
// and the page of a number have this in common.

import { html, nothing, type TemplateResult } from "lit";
import type { Context } from "../calls/context";
import { calledText, isSure } from "../calls/format";
import { numberOf } from "../calls/status";
import type { Call, Match, Remote } from "../core/types";
import { NewRecords } from "../directory/new-records";
import { pickRecord } from "../directory/pick";
import { type Caller, numberLink } from "../directory/record-link";
import { plain, stranger } from "../dom/stranger";
import { t } from "../i18n/messages";
import { type Ability, actionRow } from "./actions";
import { type Headline, headline } from "./caller";
import { choiceFor } from "./choice";
import { CopyNumber } from "./copy-number";
import { Opened, openTab } from "./opened";
import { Past } from "./past";
import { recordList } from "./records";

export interface Subject {
  remote: Remote;
  /** The name that a telephone reports. */
  name: string;
  matches: readonly Match[];
  /** Whether the number was looked up. */
  matched: boolean;
  /** The call that is shown; null if there is none of the number. */
  call: Call | null;
  /** Whether the call goes on, so that nobody can be called back. */
  isLive: boolean;
  /** Shown in place of the number, for an address that has none. */
  title?: string;
}

export class CallerContent {
  #showsAll = false;
  #hasActed = false;
  /** The address that the browser refused to open. */
  #blocked: string | null = null;
  readonly #copy = new CopyNumber();
  readonly #past: Past;
  readonly #newRecords: NewRecords;
  readonly #opened: Opened;
  #subject: Subject;

  /** `place` begins the ids by which tests find the parts; `draw` draws the card again. */
  constructor(
    subject: Subject,
    readonly context: Context,
    readonly place: "popup" | "pop",
    readonly draw: () => void,
  ) {
    this.#subject = subject;
    this.#past = new Past(context, draw);
    this.#newRecords = new NewRecords(context, draw);
    this.#opened = new Opened(context.user.id);
  }

  get subject() {
    return this.#subject;
  }

  /** Shows the caller as the server sends it now, whose records may have changed during the call. */
  set subject(subject: Subject) {
    const isOther = JSON.stringify(subject.matches) !== JSON.stringify(this.#subject.matches);
    this.#subject = subject;
    if (isOther) this.#newRecords.forget();
  }

  /** Whether a dialog about the caller is open. */
  get busy() {
    return this.#newRecords.isOpen;
  }

  get #matches() {
    return this.#newRecords.matchesOf(this.subject.remote) ?? this.subject.matches;
  }

  get #caller(): Caller {
    const { remote, call } = this.subject;
    return { remote, call: call?.id ?? "", extension: call?.extension ?? "" };
  }

  get #choice() {
    const { popup, recordUrl } = this.context.preferences;
    return choiceFor(this.#matches, this.#caller, popup, recordUrl);
  }

  /** Reads what is shown besides the call, once for each number. */
  load() {
    const { remote, call } = this.subject;
    void this.#past.read(remote, call?.id ?? "");
  }

  /**
   * Opens the record in a new tab if the user has chosen that, once for each key in all tabs.
   * Returns the address if the browser refuses to open it.
   */
  act(key: string): string | null {
    if (!this.subject.matched || this.#hasActed) return null;
    this.#hasActed = true;
    const { open } = this.#choice;
    if (open === null || !this.#opened.claim(key)) return null;
    if (openTab(open)) return null;
    this.#blocked = open;
    this.draw();
    return open;
  }

  stop() {
    this.#copy.stop();
    this.#newRecords.stop();
  }

  /** Name and company, below them the number and what was called. */
  head(): TemplateResult {
    const { remote, name, call, isLive, title } = this.subject;
    const { place } = this;
    const head = headline({ remote, matches: this.#matches, name });
    const isNumber = head.from === "number";
    this.#copy.show(remote.kind === "anonymous" ? "" : remote.e164 || remote.display);
    const called = call ? calledText(call) : "";
    const dialled = numberOf({ remote }, this.context, { testid: `${place}-number`, live: isLive });
    const own = title ? stranger(title) : dialled;
    const reported = reportedText(head, name);
    return html`<div class="caller">
      <div class="caller-title">
        ${this.#title(isNumber ? own : stranger(head.title))}${isNumber && !title ? this.#copy.element : nothing}
      </div>
      <p class="caller-company" data-testid="${place}-company" ?hidden=${!head.company}>
        ${stranger(head.company)}
      </p>
      ${isNumber ? nothing : html`<p class="caller-number">${dialled}${this.#copy.element}</p>`}
      <p class="meta" data-testid="${place}-called" ?hidden=${!called}>${stranger(called)}</p>
      <p class="meta" data-testid="${place}-name" ?hidden=${!reported}>${stranger(reported)}</p>
    </div>`;
  }

  #title(content: TemplateResult) {
    const testid = `${this.place}-who`;
    return this.place === "pop"
      ? html`<h2 class="caller-name" data-testid=${testid}>${content}</h2>`
      : html`<h3 class="caller-name" data-testid=${testid}>${content}</h3>`;
  }

  /** The records, or that there are none, and what can be done about that. */
  records(): TemplateResult {
    const { remote, name } = this.subject;
    const matches = this.#matches;
    return html`${recordList({
      matches,
      caller: this.#caller,
      head: headline({ remote, matches, name }),
      tenantUrl: this.context.preferences.recordUrl,
      testid: `${this.place}-${this.place === "popup" ? "match" : "record"}`,
      showsAll: this.#showsAll,
      picked: (record) => void pickRecord(this.context.api, remote, matches, record),
      showAll: () => {
        this.#showsAll = true;
        this.draw();
      },
    })}${this.#without()}`;
  }

  /** The sentence about a number without records. */
  #without() {
    const { remote, matched, isLive } = this.subject;
    if (remote.kind !== "external" || this.#matches.length > 0) return nothing;
    if (!matched && !isLive) return nothing;
    return html`<p class="meta" data-testid="no-records" data-matched=${matched}>
      ${t(matched ? "matches.none" : "matches.noneYet")}
    </p>`;
  }

  /** The buttons: what can be done now. */
  actions(): TemplateResult | typeof nothing {
    return actionRow(this.#ability(), this.context);
  }

  #ability(): Ability {
    const { remote, name, call, matched, isLive } = this.subject;
    const canAdd = matched && remote.kind === "external";
    const none = !this.#matches.some(isSure);
    // who has the direct line of a company is not known by its main number
    const isKnown = this.#matches.some(({ level }) => level === "exact");
    const application = numberLink(this.#caller, this.context.preferences.recordUrl);
    const { isNew } = this.#choice;
    const offers = canAdd && (none || isNew);
    return {
      place: this.place,
      remote,
      isLive,
      wasOutbound: call?.direction === "outbound",
      blocked: this.#blocked,
      application: offers ? application : null,
      add:
        offers || (canAdd && !isKnown)
          ? () => void this.#newRecords.add(remote, plain(name), companyOf(this.#matches))
          : null,
      attach: canAdd && !isKnown ? () => void this.#newRecords.attach(remote, name) : null,
      isNew,
    };
  }

  past() {
    return this.#past.render();
  }
}

/** The company whose direct line the caller has; empty if it is not known. */
function companyOf(matches: readonly Match[]) {
  const sure = matches.filter(isSure);
  const found = sure.find(({ type }) => type === "organization")?.name ?? sure[0]?.organization;
  return plain(found ?? "");
}

/** The name that the telephone reports, unless it is the one that is shown anyway. */
function reportedText(head: Headline, reported: string) {
  const name = plain(reported);
  if (head.from === "phone") return t("phone.only");
  return name && name !== head.title ? t("phone.says", { name }) : "";
}
