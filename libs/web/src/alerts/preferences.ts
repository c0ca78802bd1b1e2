// The choices of a user, such as sound or "do not disturb", and the company's where the user has made
// none. They are the same in all tabs of the user.

import type { OwnTenant, PreferenceChanges, Preferences } from "../api/notifier";
import type { Api } from "../core/client";
import { Tabs } from "../core/tabs";
import type { DialLink } from "../core/types";

/** The part of a profile, and of the answer to a sign-in, that has the choices. */
export interface Chosen {
  user: { id: string };
  preferences: Preferences;
  tenant: OwnTenant;
}

export class PreferenceStore {
  #chosen: Chosen | null = null;
  readonly #listeners = new Set<() => void>();
  /** The other tabs of this browser. */
  readonly #tabs = new Tabs<Chosen>("softphone.preferences", (chosen) => {
    if (chosen.user.id === this.#chosen?.user.id) this.take(chosen);
  });

  /** Takes the choices as the server sent them; other browsers of the user learn them at a renewal. */
  take({ user, preferences, tenant }: Chosen) {
    this.#chosen = { user: { id: user.id }, preferences, tenant };
    for (const listener of this.#listeners) listener();
  }

  listen(listener: () => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get sound() {
    return this.#chosen?.preferences.sound ?? false;
  }

  get notifications() {
    return this.#chosen?.preferences.notifications ?? false;
  }

  get doNotDisturb() {
    return this.#chosen?.preferences.do_not_disturb ?? false;
  }

  /** When an incoming call opens its popup: when it rings, when it is answered, or by hand. */
  get popOn() {
    return this.#chosen?.preferences.pop_on ?? this.#chosen?.tenant.popup.pop_on ?? "ring";
  }

  /** The choices for callers with no, one and many records. */
  get popup() {
    const [own, tenant] = [this.#chosen?.preferences, this.#chosen?.tenant.popup];
    return {
      no_record: own?.no_record ?? tenant?.no_record ?? "popup",
      one_record: own?.one_record ?? tenant?.one_record ?? "popup",
      many_records: own?.many_records ?? tenant?.many_records ?? "popup",
    };
  }

  /** The address of the tenant's own application, with placeholders; empty without one. */
  get recordUrl() {
    return this.#chosen?.tenant.record_url ?? "";
  }

  /** The tenant's dial link, which users without one of their own have. */
  get dialLink(): DialLink | null {
    const tenant = this.#chosen?.tenant;
    return tenant ? { link: tenant.dial_link, spelling: tenant.dial_spelling } : null;
  }

  /** Stores a change; it counts at once, and no longer if the server refuses it. Throws ApiError. */
  async change(api: Api, changes: PreferenceChanges) {
    const before = this.#chosen;
    if (before === null) return;
    this.take({ ...before, preferences: { ...before.preferences, ...changes } });
    try {
      const profile = await api.ask("PATCH /api/me", { body: { preferences: changes } });
      if (this.#chosen?.user.id !== profile.user.id) return; // signed out meanwhile
      this.take(profile);
      this.#tabs.say(this.#chosen);
    } catch (error) {
      if (this.#chosen?.user.id === before.user.id) this.take(before);
      throw error;
    }
  }
}
