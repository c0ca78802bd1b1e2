// Who sees a record, and who looks after it.

import { html } from "lit";
import type { DirectoryRecord, User } from "../core/types";
import { choiceField, customField } from "../forms/fields";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import type { Suggestion } from "./colleague-field";
import type { RecordApi } from "./record-api";
import "./colleague-field";

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

/**
 * The fields. Only administrators may choose that nobody else sees the record, and are offered their
 * colleagues: users are given nobody's name for it, and restrict records to themselves and their teams.
 */
export function sharingFields(
  { visible_to: visible, owner, team }: Sharing,
  api: RecordApi,
  user: User,
) {
  const colleagues = async () => (user.role === "user" ? [] : await api.colleagues());
  const people = async () => {
    const found = (await colleagues()).map(({ login, name }) => ({ value: login, words: name }));
    return found.length > 0 ? found : [{ value: user.login, words: "" }];
  };
  const teams = async () => {
    const found = (await colleagues()).flatMap((each) => each.teams);
    return inOrder([...user.teams, ...found]).map((value) => ({ value, words: "" }));
  };
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
    ${colleagueField("owner", owner, people)} ${colleagueField("team", team, teams)}
  `;
}

function colleagueField(
  name: "owner" | "team",
  shown: string,
  find: () => Promise<readonly Suggestion[]>,
) {
  const hint = name === "owner" ? t("record.owner.hint") : "";
  return customField(
    { name, label: t(`record.${name}`), hint },
    (control) =>
      html`<sc-colleague name=${name} .shown=${shown} .control=${control} .find=${find}></sc-colleague>`,
  );
}

function inOrder(texts: readonly string[]) {
  return [...new Set(texts)].sort(new Intl.Collator().compare);
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
