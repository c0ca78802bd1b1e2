// The requests about the company.

import type { NumberTrial, TenantChanges } from "../api/ingest";
import type { Api } from "../core/client";
import type { Tenant } from "../core/types";
import { VersionEditor } from "../forms/changes";

export class TenantApi {
  constructor(readonly api: Api) {}

  tenant() {
    return this.api.ask("GET /api/tenant");
  }

  /** Changes these fields of the company, unless it has another version by now. */
  change(changes: TenantChanges, version: number) {
    return this.api.ask("PATCH /api/tenant", { body: changes }, { version });
  }

  activate(code: string) {
    return this.api.ask("PUT /api/tenant/activation", { body: { code } });
  }

  tryNumber(body: NumberTrial) {
    return this.api.ask("POST /api/tenant/try-number", { body });
  }

  async regions() {
    return (await this.api.ask("GET /api/regions")).items;
  }

  async timeZones() {
    return (await this.api.ask("GET /api/time-zones")).items;
  }
}

/** The company as its forms were filled, and the way to change it. */
export class TenantEditor extends VersionEditor<Tenant, TenantChanges> {
  constructor(
    readonly api: TenantApi,
    tenant: Tenant,
  ) {
    const change = (changes: TenantChanges, version: number) => api.change(changes, version);
    super(tenant, { read: () => api.tenant(), change, words: "company" });
  }
}
