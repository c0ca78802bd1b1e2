// Asks before a view with input that was not saved is left.

import { t } from "../i18n/messages";
import { isWanted } from "../ui/question";
import { anythingUnsaved, discardUnsaved } from "./unsaved";

let asking: Promise<boolean> | null = null;

/** Whether the view may be left: at once if everything is saved, else as the user decides. */
export function mayLeave(): Promise<boolean> {
  if (!anythingUnsaved()) return Promise.resolve(true);
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

async function ask() {
  const isLeaving = await isWanted({
    title: t("leave.title"),
    lead: t("leave.lead"),
    yes: t("leave.discard"),
    no: t("leave.stay"),
    testid: "leave",
    danger: true,
  });
  if (isLeaving) discardUnsaved();
  return isLeaving;
}
