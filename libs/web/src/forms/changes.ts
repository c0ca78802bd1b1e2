// Changes of something that has a version, so that nobody's newer values are overwritten unseen.

import { ApiError } from "../core/request";
import { t, wordsOf } from "../i18n/messages";
import { FieldError } from "./form";

type Fields = Record<string, unknown>;

/** The fields that differ: only these are sent, so that changes of other fields by others stay. */
export function changesOf<F extends object>(before: F, after: F): Partial<F> {
  const names = Object.keys(after) as (keyof F)[];
  const changed = names.filter((name) => !isSame(before[name], after[name]));
  return Object.fromEntries(changed.map((name) => [name, after[name]])) as Partial<F>;
}

export interface Versioned<T, C> {
  read: () => Promise<T>;
  /** Changes these fields. Rejects with status 412 if there is another version by now. */
  change: (changes: C, version: number) => Promise<T>;
  /** The beginning of the keys under which the fields have words. */
  words: string;
  /** Fields that change together with one that has words. */
  unnamed?: readonly string[];
}

/** Something as its form was filled, and the way to change it. */
export class VersionEditor<T extends { version: number }, C extends object> {
  constructor(
    public stored: T,
    readonly server: Versioned<T, C>,
  ) {}

  /**
   * Stores the changes. If somebody else has saved meanwhile, changes of other fields are both kept. A FieldError
   * names newer values of the same fields, and the next call overwrites them.
   */
  async save(changesOf: (stored: T) => C): Promise<string> {
    try {
      this.stored = await this.server.change(changesOf(this.stored), this.stored.version);
      return t("form.saved");
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
    }
    const before = this.stored;
    this.stored = await this.server.read();
    const newer = this.#overwritten(before, this.stored, changesOf(this.stored));
    if (newer.length === 0) return this.save(changesOf);
    throw new FieldError("", t("form.conflict", { newer: newer.join("; ") }));
  }

  /** The newer values that the changes would replace, in words. */
  #overwritten(before: object, after: object, changes: object, prefix = ""): string[] {
    const [old, fresh, own] = [before as Fields, after as Fields, changes as Fields];
    return Object.keys(own).flatMap((name) => {
      const value = fresh[name];
      if (isSame(old[name], value) || isSame(own[name], value)) return [];
      if (this.server.unnamed?.includes(name)) return [];
      if (isGroup(value))
        return this.#overwritten(old[name] as Fields, value, own[name] as Fields, `${name}.`);
      const label = wordsOf(`${prefix}${name}`) ?? wordsOf(`${this.server.words}.${name}`) ?? name;
      return [Array.isArray(value) ? label : `${label}: ${String(value)}`];
    });
  }
}

function isSame(one: unknown, other: unknown) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isGroup(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
