// The requests about the records of the directory.

import type { MergeInput, RecordChanges, RecordInput } from "../api/matcher";
import type { ListedUser } from "../api/notifier";
import type { Api } from "../core/client";
import type { Parts } from "../core/routes";
import type { DirectoryRecord, Page, RecordDetails } from "../core/types";

export type RecordQuery = NonNullable<Parts<"GET /api/directory/records">["query"]>;

export class RecordApi {
  #colleagues: Promise<readonly ListedUser[]> | null = null;

  constructor(readonly api: Api) {}

  /** The people of the company, for administrators. They are read once; nobody if that fails. */
  async colleagues(): Promise<readonly ListedUser[]> {
    this.#colleagues ??= this.api.ask("GET /api/users").then(({ items }) => items);
    try {
      return await this.#colleagues;
    } catch {
      this.#colleagues = null;
      return [];
    }
  }

  list(query: RecordQuery): Promise<Page<DirectoryRecord>> {
    return this.api.ask("GET /api/directory/records", { query });
  }

  get(record: string): Promise<RecordDetails> {
    return this.api.ask("GET /api/directory/records/{record}", { path: { record } });
  }

  add(body: RecordInput) {
    return this.api.ask("POST /api/directory/records", { body });
  }

  /** Changes these fields, unless the record has another version by now. */
  change(record: string, body: RecordChanges, version: number) {
    const parts = { path: { record }, body };
    return this.api.ask("PATCH /api/directory/records/{record}", parts, { version });
  }

  /** Makes one record of both, unless one of them has another version by now. */
  merge(kept: DirectoryRecord, other: DirectoryRecord, take: NonNullable<MergeInput["take"]>) {
    const body = { other: other.id, other_version: other.version, take };
    const parts = { path: { record: kept.id }, body };
    return this.api.ask("POST /api/directory/records/{record}/merge", parts, {
      version: kept.version,
    });
  }

  /** The records in the recycle bin, those deleted last first. */
  deleted(cursor: string | null): Promise<Page<DirectoryRecord>> {
    return this.api.ask("GET /api/directory/recycle-bin", { query: { cursor } });
  }

  /** Takes a record out of the recycle bin. */
  restore(record: string) {
    const path = { record };
    return this.api.ask("POST /api/directory/recycle-bin/{record}/restore", { path });
  }

  remove(record: string) {
    return this.api.ask("DELETE /api/directory/records/{record}", { path: { record } });
  }
}
