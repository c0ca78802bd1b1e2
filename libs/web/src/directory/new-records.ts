// Adds a number to the directory, as a new record or to one that exists. The dialogs are loaded when
// they are opened.

import type { Context } from "../calls/context";
import type { Match, Remote } from "../core/types";
import { t, load as words } from "../i18n/messages";
import { reason } from "../i18n/reason";

/** The caller that a dialog adds. */
export interface Adding {
  context: Context;
  remote: Remote;
  /** The name that a telephone reports. */
  name: string;
  /** The company that is known of the caller; empty if none is. */
  organization: string;
  /** Called with the name of the record that has the number now. */
  saved: (name: string) => void;
}

/** A dialog that is open; it removes itself when it closes. */
export interface OpenDialog {
  element: HTMLElement;
  closed: Promise<void>;
}

type Whose = Pick<Adding, "remote" | "name" | "organization">;

export class NewRecords {
  #dialog: OpenDialog | null = null;
  /** The records of a number after a change that no message has brought. */
  #fresh: { e164: string | null; matches: Match[] } | null = null;

  /** `onAdded` is called when the records of the number are another. */
  constructor(
    readonly context: Context,
    readonly onAdded: () => void,
  ) {}

  get isOpen() {
    return this.#dialog !== null;
  }

  /** The records of this number, if this page has changed them. */
  matchesOf({ e164 }: Remote) {
    return this.#fresh?.e164 === e164 ? this.#fresh.matches : null;
  }

  /** Leaves the records to those that the server sends. */
  forget() {
    this.#fresh = null;
  }

  add(remote: Remote, name: string, organization: string) {
    return this.#open(
      { remote, name, organization },
      async () => (await import("./new-record")).newRecord,
    );
  }

  attach(remote: Remote, name: string) {
    return this.#open(
      { remote, name, organization: "" },
      async () => (await import("./attach")).attachNumber,
    );
  }

  async #open(whose: Whose, load: () => Promise<(adding: Adding) => OpenDialog>) {
    const { context } = this;
    const { remote } = whose;
    const saved = (record: string) => {
      context.say(t("record.saved", { name: record }), "good");
      void this.#refresh(remote);
    };
    try {
      const [dialog] = await Promise.all([load(), words("admin")]);
      this.#dialog = dialog({ context, ...whose, saved });
      await this.#dialog.closed;
    } catch (error) {
      context.say(reason(error), "bad");
    } finally {
      this.#dialog = null;
    }
  }

  async #refresh(remote: Remote) {
    const query = { number: remote.e164 ?? remote.raw };
    try {
      const { matches } = await this.context.api.ask("GET /api/directory/matches", { query });
      this.#fresh = { e164: remote.e164, matches };
      this.onAdded();
    } catch (error) {
      this.context.say(reason(error), "bad");
    }
  }

  stop() {
    this.#dialog?.element.remove();
  }
}
