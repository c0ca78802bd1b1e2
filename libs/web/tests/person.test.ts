import { beforeEach, expect, test } from "vitest";
import { changesOf } from "../src/forms/changes";
import { load } from "../src/i18n/messages";
import { loginFor } from "../src/people/person-form";
import { stateOf } from "../src/people/person-state";

const PERSON = {
  id: "1",
  tenant: "acme",
  login: "anna",
  name: "Anna",
  role: "user" as const,
  extensions: ["21"],
  teams: [],
  locked: false,
  password_set: true,
  invited_until: null,
  second_factor: false,
  seen_at: null,
};

beforeEach(() => load("admin"));

test("only what differs of a person is sent", () => {
  expect(changesOf(PERSON, { ...PERSON })).toEqual({});
  const { name, login, role, teams } = PERSON;
  const after = { name, login, role, teams, extensions: ["21", "22"] };
  expect(changesOf(PERSON, after)).toEqual({ extensions: ["21", "22"] });
});

test("a login is made of a name in plain letters", () => {
  expect(["Anna Albrecht", "Jörg Weiß-Özil", "Émile  Núñez", "  "].map(loginFor)).toEqual([
    "anna.albrecht",
    "joerg.weiss.oezil",
    "emile.nunez",
    "",
  ]);
});

test("the state of a person says whether they can sign in", () => {
  const invited = { ...PERSON, password_set: false };
  const soon = new Date(Date.now() + 60_000).toISOString();
  const people = [
    PERSON,
    { ...PERSON, locked: true, invited_until: soon },
    { ...invited, invited_until: soon },
    { ...invited, invited_until: "2020-01-01T00:00:00Z" },
    invited,
  ];
  expect(people.map(stateOf)).toEqual(["active", "locked", "invited", "expired", "none"]);
});
