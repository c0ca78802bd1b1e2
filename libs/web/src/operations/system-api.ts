// The requests about the state of the installation.

import type { Scheduled, Sweep, SystemOutput } from "../api/janitor";
import type { Api } from "../core/client";
import type { Route } from "../core/routes";
import { reason } from "../i18n/reason";

type SystemRoute = Extract<Route, `GET /api/system/${string}`>;

/** The service behind each route; the compiler names a service that is missing here. */
const SERVICES: Record<SystemRoute, string> = {
  "GET /api/system/ingest": "ingest",
  "GET /api/system/matcher": "matcher",
  "GET /api/system/calllog": "calllog",
  "GET /api/system/notifier": "notifier",
  "GET /api/system/janitor": "janitor",
};

/** The answer of a service; `output` is null and `why` says the reason if it did not. */
export interface ServiceState {
  service: string;
  output: SystemOutput | null;
  why: string;
}

/** The latest sweep of a tenant and its next one; null if there is none. */
export interface TenantSweeps {
  tenant: string;
  last: Sweep | null;
  next: string | null;
}

const sweeps = 200;

export class SystemApi {
  constructor(readonly api: Api) {}

  /** The states of all services. Never rejects. */
  services(): Promise<ServiceState[]> {
    return Promise.all(
      Object.entries(SERVICES).map(async ([route, service]) => {
        try {
          const output = await this.api.ask(route as SystemRoute);
          return { service, output, why: "" };
        } catch (error) {
          return { service, output: null, why: reason(error) };
        }
      }),
    );
  }

  async sweeps(): Promise<TenantSweeps[]> {
    const [latest, schedule] = await Promise.all([
      this.api.ask("GET /api/sweeps", { query: { limit: sweeps } }),
      this.api.ask("GET /api/sweeps/schedule"),
    ]);
    return joined(latest.items, schedule.items);
  }

  /** Sweeps a tenant now instead of at night. */
  sweep(tenant: string) {
    return this.api.ask("POST /api/sweeps", { body: { tenant } });
  }
}

/** Joins the sweeps, of which the latest come first, with the schedule, by tenant. */
export function joined(latest: Sweep[], schedule: Scheduled[]): TenantSweeps[] {
  const next = new Map(schedule.map(({ tenant, next_at }) => [tenant, next_at]));
  const last = new Map([...latest].reverse().map((sweep) => [sweep.tenant, sweep]));
  return [...new Set([...next.keys(), ...last.keys()])].sort().map((tenant) => ({
    tenant,
    last: last.get(tenant) ?? null,
    next: next.get(tenant) ?? null,
  }));
}
