// The requests of operators about tenants and their first administrators.

import type { TenantByOperator } from "../api/ingest";
import type { Api } from "../core/client";
import type { TenantState } from "../core/types";

const limit = 50;

/** An empty text and an empty state fit every tenant. */
export interface TenantFilter {
  q: string;
  state: TenantState | "";
}

export class TenantListApi {
  constructor(readonly api: Api) {}

  list({ q, state }: TenantFilter, cursor: string | null) {
    const query = { limit, q: q.trim(), state: state || null, cursor };
    return this.api.ask("GET /api/tenants", { query });
  }

  tenant(tenant: string) {
    return this.api.ask("GET /api/tenants/{tenant}", { path: { tenant } });
  }

  /** Fails with 412 if there is such a tenant already, but for a repetition of the same request. */
  create(tenant: string, body: TenantByOperator) {
    const parts = { path: { tenant }, body, header: { "If-None-Match": "*" } };
    return this.api.ask("PUT /api/tenants/{tenant}", parts);
  }

  change(tenant: string, body: TenantByOperator) {
    return this.api.ask("PUT /api/tenants/{tenant}", { path: { tenant }, body });
  }

  /** Without a password the administrator needs an invitation. */
  addAdministrator(tenant: string, login: string, name: string, password: string | null) {
    const body = { login, name, password, role: "admin" as const };
    return this.api.ask("POST /api/users", { query: { tenant }, body });
  }

  invite(tenant: string, user: string) {
    const parts = { path: { user }, query: { tenant } };
    return this.api.ask("POST /api/users/{user}/invitation", parts);
  }

  /** All tenants, for a list to choose from; the first 1000. */
  async all() {
    const found: { id: string; name: string }[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<TenantListApi["list"]>> = await this.list(
        { q: "", state: "" },
        cursor,
      );
      found.push(...page.items);
      cursor = page.next;
    } while (cursor !== null && found.length < 1000);
    return found;
  }
}
