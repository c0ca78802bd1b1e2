import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Api } from "../src/core/client";
import { TENANT_CHANGED } from "../src/core/place";
import type { User } from "../src/core/types";
import { ActivationBanner } from "../src/pages/activation-banner";

const asked: string[] = [];
const api = {
  ask: async (route: string) => {
    asked.push(route);
    return { state: "active", activation: null };
  },
} as unknown as Api;

beforeEach(() => {
  asked.length = 0;
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => void vi.useRealTimers());

test("a connection soon after the first reading causes no other one", () => {
  const banner = new ActivationBanner(api, { role: "admin" } as User);
  banner.again();
  expect(asked).toEqual(["GET /api/tenant"]);
  vi.advanceTimersByTime(2000);
  banner.again();
  expect(asked).toHaveLength(2);
  banner.stop();
});

test("a change of the tenant is read at once", () => {
  const banner = new ActivationBanner(api, { role: "admin" } as User);
  document.dispatchEvent(new Event(TENANT_CHANGED));
  expect(asked).toHaveLength(2);
  banner.stop();
});
