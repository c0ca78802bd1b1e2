// Reads what the matches of a call leave out of their records: e-mail addresses and notes.

import type { Record as DirectoryRecord } from "../api/matcher";
import type { Api } from "../core/client";
import type { Remote } from "../core/types";

/** More records than a call shows are never needed. */
const MOST = 50;

export class RecordDetails {
  /** The records that were read, by id. */
  #records = new Map<string, DirectoryRecord>();
  #number: string | null = null;

  /** `onRead` is called when the records have come. */
  constructor(
    readonly api: Api,
    readonly onRead: () => void,
  ) {}

  get(record: string) {
    return this.#records.get(record);
  }

  /** Reads the records with a number, once. Without an answer the matches stay as they are. */
  async read({ e164 }: Remote) {
    if (e164 === null || e164 === this.#number) return;
    this.#number = e164;
    try {
      const query = { number: e164, limit: MOST };
      const { items } = await this.api.ask("GET /api/directory/records", { query });
      this.#records = new Map(items.map((record) => [record.id, record]));
      this.onRead();
    } catch {
      // the matches have what matters most
    }
  }

  /** Reads the records again if they were read, after their names or numbers have changed. */
  async readAgain(remote: Remote) {
    if (this.#number === null) return;
    this.forget();
    await this.read(remote);
  }

  /** Has the records read again, after one was added or changed. */
  forget() {
    this.#number = null;
  }
}
