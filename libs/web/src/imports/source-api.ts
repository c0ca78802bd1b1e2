// The requests of sources that are read by schedule.

import type { ImportPreview, ImportRun, Source, SourceInput } from "../api/matcher";
import type { Context } from "../calls/context";
import { ApiError } from "../core/request";
import type { Page } from "../core/types";
import { fieldText } from "../i18n/problems";
import { reason } from "../i18n/reason";

/** Why a source could not be tested or kept. The sentences of its fields stand for themselves. */
export function whyNot(error: unknown) {
  const errors = error instanceof ApiError && error.status === 422 ? error.problem.errors : null;
  return errors?.length ? errors.map(fieldText).join(" ") : reason(error);
}

export class SourceApi {
  constructor(readonly api: Context["api"]) {}

  list(): Promise<Page<Source>> {
    return this.api.ask("GET /api/directory/sources");
  }

  /** The records of the first page; `id` is that of the stored source, if there is one. */
  test(id: string, body: SourceInput): Promise<ImportPreview> {
    const path = { source: id };
    if (id === "") return this.api.ask("POST /api/directory/sources/test", { body });
    return this.api.ask("POST /api/directory/sources/{source}/test", { path, body });
  }

  save(id: string, body: SourceInput): Promise<Source> {
    const path = { source: id };
    if (id === "") return this.api.ask("POST /api/directory/sources", { body });
    return this.api.ask("PUT /api/directory/sources/{source}", { path, body });
  }

  remove(source: string) {
    return this.api.ask("DELETE /api/directory/sources/{source}", { path: { source } });
  }

  run(source: string): Promise<ImportRun> {
    return this.api.ask("POST /api/directory/sources/{source}/run", { path: { source } });
  }

  latest(run: string): Promise<ImportRun> {
    const query = { problems: 0 };
    return this.api.ask("GET /api/directory/imports/{run}", { path: { run }, query });
  }
}
