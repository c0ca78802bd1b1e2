// The functions that all views of a signed-in user share.

import type { PreferenceStore } from "../alerts/preferences";
import type { Profile } from "../api/notifier";
import type { Api } from "../core/client";
import type { Drafts } from "../core/drafts";
import type { SessionAnswer, User } from "../core/types";
import type { CallApi } from "./call-api";
import type { Calls } from "./store";

export interface Context {
  user: User;
  api: Api;
  callApi: CallApi;
  calls: Calls;
  drafts: Drafts;
  preferences: PreferenceStore;
  /** Shows a message for a few seconds. */
  say: (text: string, kind: "good" | "bad") => void;
  /** Shows a message with a button for a few seconds. */
  offer: (text: string, action: { words: string; run: () => void }) => void;
  /** Dials from the chosen extension and shows what failed. */
  dial: (number: string) => void;
  /** Reads the first page of the list again. */
  reload: () => Promise<void>;
  /** Hides the popup of the call that the view itself shows; null shows it again. */
  displays: (call: string | null) => void;
  /** Subscribes to the hits of this device; null ends it. */
  watch: (device: string | null) => void;
  /** Takes the new token that came with a new password. */
  renewed: (answer: SessionAnswer) => void;
  /** Applies the own profile after it was changed; if that draws the page anew, it says so there. */
  changed: (profile: Profile) => void;
}
