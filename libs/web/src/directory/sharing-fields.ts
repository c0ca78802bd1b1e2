// Who sees a record, and who looks after it.

import { html } from "lit";
import type { DirectoryRecord, User } from "../core/types";
import { choiceField, textField } from "../forms/fields";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";

export type Sharing = Pick<DirectoryRecord, "visible_to" | "owner" | "team">;
type VisibleTo = Sharing["visible_to"];

const VISIBLE_TO: readonly VisibleTo[] = ["everyone", "team", "owner", "admins"];

export const FOR_EVERYONE: Sharing = { visible_to: "everyone", owner: "", team: "" };

/** Those who see the record, in words. */
export function visibleText({ visible_to: visible, owner, team }: Sharing) {
  if (visible === "team" && team)
    return [t("record.visible.ofTeam", { team }), owner].filter(Boolean).join(", ");
  return visible === "owner" && owner ? owner : visibleWord(visible);
}

/** The fields. Only administrators may choose that nobody else sees the record. */
export function sharingFields({ visible_to: visible, owner, team }: Sharing, user: User) {
  const offered = VISIBLE_TO.filter(
    (each) => each !== "admins" || each === visible || user.role !== "user",
  );
  return html`
    ${choiceField({
      name: "visible_to",
      label: t("record.visible_to"),
      hint: t("record.visible_to.hint"),
      value: visible,
      options: offered.map((each) => [each, visibleWord(each)] as const),
    })}
    ${textField({
      name: "owner",
      label: t("record.owner"),
      hint: t("record.owner.hint"),
      value: owner,
      suggestions: [user.login],
    })}
    ${textField({ name: "team", label: t("record.team"), value: team, suggestions: user.teams })}
  `;
}

/** Reads the fields. Without an owner or a team it is the user, or the user's only team. */
export function enteredSharing(values: Values, user: User): Sharing {
  const visible = values.of("visible_to") as VisibleTo;
  const [owner, team] = [values.of("owner"), values.of("team")];
  const [own = "", ...others] = user.teams;
  return {
    visible_to: visible,
    owner: visible === "owner" ? owner || user.login : owner,
    team: visible === "team" && others.length === 0 ? team || own : team,
  };
}

function visibleWord(visible: VisibleTo) {
  return t(`record.visible.${visible}`);
}
