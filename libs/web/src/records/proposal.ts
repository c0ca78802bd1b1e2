// The number block that the direct lines of a company suggest: somebody adds it or dismisses it.

import { html, nothing } from "lit";
import type { Context } from "../calls/context";
import type { RecordDetails } from "../core/types";
import type { RecordApi } from "../directory/record-api";
import { numberFields, type RecordFields } from "../directory/record-fields";
import { stranger } from "../dom/stranger";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";

type Proposal = RecordDetails["proposed_ranges"][number];

export class RangeProposals {
  constructor(
    readonly context: Context,
    readonly api: RecordApi,
    /** Called when the record has another version. */
    readonly changed: () => void,
  ) {}

  draw(record: RecordDetails) {
    const [proposal] = record.proposed_ranges;
    if (!proposal) return nothing;
    const { number, extension_digits: digits, lines, range } = proposal;
    const add = { numbers: [...record.numbers.map(numberFields), numberOf(proposal)] };
    const dismiss = { dismissed_ranges: [...record.dismissed_ranges, range] };
    const example = `${number.replace(/-0$/, "-")}${"x".repeat(digits)}`;
    return html`<section
      class="panel-body record-proposal"
      aria-labelledby="proposal-title"
      data-testid="record-proposal"
    >
      <h3 id="proposal-title">${t("record.proposal", { number: example })}</h3>
      <p class="meta">${stranger(t("record.proposal.why", { lines: lines.join(", ") }))}</p>
      <div class="form-foot">
        ${this.#button("add", record, add)} ${this.#button("dismiss", record, dismiss)}
      </div>
    </section>`;
  }

  #button(
    name: "add" | "dismiss",
    { id, version }: RecordDetails,
    changes: Partial<RecordFields> | { dismissed_ranges: string[] },
  ) {
    const click = async () => {
      try {
        await this.api.change(id, changes, version);
        this.context.say(t("form.saved"), "good");
      } catch (error) {
        this.context.say(reason(error), "bad");
      }
      this.changed();
    };
    const kind = name === "add" ? "" : "quiet";
    return html`<button type="button" class="button ${kind}" data-testid="proposal-${name}" @click=${click}>
      ${t(`record.proposal.${name}`)}
    </button>`;
  }
}

function numberOf({ number, extension_digits }: Proposal) {
  return { number, label: t("record.proposal.label"), extension_digits };
}
