import { beforeEach, expect, test } from "vitest";
import type { TenantChanges } from "../src/api/ingest";
import { type TenantApi, TenantEditor } from "../src/company/tenant-api";
import { ApiError } from "../src/core/request";
import type { Tenant } from "../src/core/types";
import { load } from "../src/i18n/messages";
import { warningOf } from "../src/pages/activation-banner";

const NUMBERS = { region: "DE", area_code: "", trunk: "" };
const TENANT = { name: "Huber", time_zone: "Europe/Berlin", numbers: NUMBERS, version: 1 };

beforeEach(() => load("admin"));

/** A server with one tenant, which refuses changes of an older version. */
class Server {
  stored: Record<string, unknown> & { version: number } = TENANT;

  tenant = async () => this.stored as unknown as Tenant;

  change = async (changes: TenantChanges, version: number) => {
    if (version !== this.stored.version) throw new ApiError(412, { code: "tenant-changed" });
    this.by(changes);
    return this.tenant();
  };

  by(changes: object) {
    this.stored = { ...this.stored, ...changes, version: this.stored.version + 1 };
  }

  async editor() {
    return new TenantEditor(this as unknown as TenantApi, await this.tenant());
  }
}

test("a change on the newest version is stored", async () => {
  const server = new Server();
  const editor = await server.editor();
  expect(await editor.save(() => ({ name: "Huber AG" }))).toBe("Gespeichert.");
  expect(await editor.save(() => ({ name: "Huber KG" }))).toBe("Gespeichert.");
  expect(server.stored.name).toBe("Huber KG");
});

test("changes of other fields by somebody else are kept", async () => {
  const server = new Server();
  const editor = await server.editor();
  server.by({ time_zone: "Europe/Vienna" });
  expect(await editor.save(() => ({ name: "Huber AG" }))).toBe("Gespeichert.");
  expect(server.stored).toMatchObject({ name: "Huber AG", time_zone: "Europe/Vienna" });
});

test("a newer value of the same field is named, and replaced by the next save", async () => {
  const server = new Server();
  const editor = await server.editor();
  server.by({ numbers: { ...NUMBERS, region: "AT" } });
  const own = ({ numbers }: Tenant) => ({ numbers: { ...numbers, region: "CH" } });
  await expect(editor.save(own)).rejects.toThrow("Land: AT");
  expect(server.stored.numbers).toMatchObject({ region: "AT" });
  expect(await editor.save(own)).toBe("Gespeichert.");
  expect(server.stored.numbers).toMatchObject({ region: "CH" });
});

test("newer values next to a changed one are kept", async () => {
  const server = new Server();
  const editor = await server.editor();
  server.by({ numbers: { ...NUMBERS, area_code: "30" } });
  await editor.save(({ numbers }) => ({ numbers: { ...numbers, region: "CH" } }));
  expect(server.stored.numbers).toMatchObject({ region: "CH", area_code: "30" });
});

test("any other problem is the form's", async () => {
  const server = new Server();
  const editor = await server.editor();
  server.change = async () => {
    throw new ApiError(422, {});
  };
  await expect(editor.save(() => ({ name: "" }))).rejects.toBeInstanceOf(ApiError);
});

test("an activation is warned about a month before its end", () => {
  const inDays = (days: number) => ({
    id: "1",
    seats: 1,
    issued_at: "2026-01-01T00:00:00Z",
    expires_at: new Date(Date.now() + days * 86_400_000).toISOString(),
  });
  expect(warningOf({ state: "active", activation: inDays(31) })).toBe("");
  expect(warningOf({ state: "active", activation: inDays(29) })).toContain("endet am");
  expect(warningOf({ state: "expired", activation: inDays(-1) })).toContain("abgelaufen");
  expect(warningOf({ state: "no-code", activation: null })).toContain("noch nicht freigeschaltet");
  expect(warningOf({ state: "switched-off", activation: inDays(300) })).toBe("");
});
