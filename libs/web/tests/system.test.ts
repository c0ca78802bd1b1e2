import { expect, test } from "vitest";
import type { Sweep, SystemOutput } from "../src/api/janitor";
import { joined, type ServiceState } from "../src/operations/system-api";
import { faults } from "../src/operations/system-health";
import { tenantId } from "../src/operations/tenant-id";

const NOW = Date.parse("2026-11-29T12:00:00Z");

function running(service: string, output: Partial<SystemOutput> = {}): ServiceState {
  const resources = [{ name: "RabbitMQ", essential: true, state: "ok" }];
  const whole: SystemOutput = {
    service,
    version: "1.0.0",
    started_at: "2026-11-29T10:00:00Z",
    status: "ok",
    resources,
    queues: [{ queue: `${service}.call`, messages: 3 }],
    figures: {},
    ...output,
  };
  return { service, output: whole, why: "" };
}

function sweep(tenant: string, at: string, finished: string | null): Sweep {
  const ids = { id: `${tenant}-${at}`, tenant, requested_by: "PBX Clean Up", told: true };
  return { ...ids, requested_at: at, moved: finished ? 2 : null, finished_at: finished };
}

test("an installation whose services run and whose queues move has no faults", () => {
  const services = [
    running("ingest", { figures: { spool_depth: 2, spool_age_seconds: 1 } }),
    running("janitor", { figures: { dead_letters: 0 } }),
  ];
  const last = sweep("demo", "2026-11-29T01:00:00Z", "2026-11-29T01:00:09Z");
  const sweeps = [{ tenant: "demo", last, next: "2026-11-30T01:00:00Z" }];
  expect(faults(services, sweeps, NOW)).toEqual([]);
});

test("what stops the work comes before what waits", () => {
  const services = [
    running("calllog", { queues: [{ queue: "calllog.call", messages: 101 }] }),
    running("ingest", { version: "1.0.1", figures: { spool_depth: 7, spool_age_seconds: 11 } }),
    running("matcher", {
      status: "degraded",
      resources: [{ name: "MongoDB", essential: true, state: "no answer" }],
    }),
    running("janitor", { figures: { dead_letters: 4 } }),
    { service: "notifier", output: null, why: "away" },
  ];
  expect(faults(services, [], NOW)).toEqual([
    { kind: "away", service: "notifier", why: "away" },
    { kind: "resource", service: "matcher", name: "MongoDB", state: "no answer" },
    { kind: "spool", n: 7, seconds: 11 },
    { kind: "backlog", queue: "calllog.call", n: 101 },
    { kind: "letters", n: 4 },
    { kind: "versions", versions: "1.0.0, 1.0.1" },
  ]);
});

test("a sweep that is overdue or never finished is a fault", () => {
  const open = sweep("b", "2026-11-29T11:40:00Z", null);
  const fresh = sweep("c", "2026-11-29T11:50:00Z", null);
  const sweeps = [
    { tenant: "a", last: null, next: "2026-11-29T11:40:00Z" },
    { tenant: "b", last: open, next: "2026-11-30T01:00:00Z" },
    { tenant: "c", last: fresh, next: "2026-11-30T01:00:00Z" },
  ];
  expect(faults([running("janitor")], sweeps, NOW)).toEqual([
    { kind: "sweepLate", tenant: "a", at: "2026-11-29T11:40:00Z" },
    { kind: "sweepOpen", tenant: "b", at: "2026-11-29T11:40:00Z" },
  ]);
});

test("each tenant has its latest sweep and its next one", () => {
  const latest = sweep("b", "2026-11-29T01:00:00Z", "2026-11-29T01:00:01Z");
  const older = sweep("b", "2026-11-28T01:00:00Z", "2026-11-28T01:00:01Z");
  const next_at = "2026-11-30T01:00:00Z";
  expect(joined([latest, older], [{ tenant: "a", next_at }])).toEqual([
    { tenant: "a", last: null, next: next_at },
    { tenant: "b", last: latest, next: null },
  ]);
});

test.each([
  ["Huber & Söhne GmbH", "huber-soehne"],
  ["Café Größ e.V.", "cafe-groess"],
  ["AG", "ag"],
  ["Müller GmbH & Co. KG", "mueller"],
  ["  ", ""],
  [`${"a".repeat(39)} Bau`, "a".repeat(39)],
])("the name %s proposes the id %s", (name, id) => {
  expect(tenantId(name)).toBe(id);
});
