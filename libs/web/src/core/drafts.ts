// Keeps unsent comments in this browser.

import { PREFIX, recall, remember } from "./storage";

const DRAFT = `${PREFIX}draft.`;
const DRAFT_DAYS = 14;

export interface Draft {
  text: string;
  /** Undefined until the user chooses, and null for no record. */
  record?: string | null;
  at: number;
}

/** Gets the call of a changed draft, and the box that changed it; null for another tab. */
type DraftListener = (call: string, source: object | null) => void;

/** Unsent comments of one user by call; all boxes of one call, in all tabs, are updated together. */
export class Drafts {
  readonly listeners = new Set<DraftListener>();

  constructor(readonly owner: string) {
    window.addEventListener("storage", this.#changed); // for the changes of other tabs only
    this.#dropOld();
  }

  #changed = ({ key }: StorageEvent) => {
    const prefix = PREFIX + this.#key("");
    if (key?.startsWith(prefix)) this.#tell(key.slice(prefix.length), null);
  };

  stop() {
    window.removeEventListener("storage", this.#changed);
  }

  #tell(call: string, source: object | null) {
    for (const listener of this.listeners) listener(call, source);
  }

  #key(call: string) {
    return `draft.${this.owner}.${call}`;
  }

  get(call: string): Draft | null {
    return parseDraft(recall(this.#key(call)));
  }

  /** Keeps a draft; an empty text removes it. */
  set(call: string, text: string, record: string | null | undefined, source: object | null) {
    const draft = text === "" ? null : JSON.stringify({ text, record, at: Date.now() });
    remember(this.#key(call), draft);
    this.#tell(call, source);
  }

  #dropOld() {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(DRAFT));
      for (const key of keys) {
        const draft = parseDraft(localStorage.getItem(key));
        if (!draft || Date.now() - draft.at > DRAFT_DAYS * 86_400_000) localStorage.removeItem(key);
      }
    } catch {
      // without storage there are no drafts
    }
  }
}

function parseDraft(text: string | null): Draft | null {
  if (text === null) return null;
  try {
    const draft = JSON.parse(text);
    return typeof draft?.text === "string" ? draft : null;
  } catch {
    return null;
  }
}
