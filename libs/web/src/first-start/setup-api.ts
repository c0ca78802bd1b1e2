// Sets an installation up: its operator, its first company and the administrator of that.

import type { Company } from "../company/company-form";
import { ApiError, send } from "../core/request";

export interface Setup {
  code: string;
  company: Company & { id: string };
  person: { name: string; login: string; password: string };
  activation: string;
}

const OPERATORS = "operator";

export function setupState() {
  return send("GET /api/setup", {});
}

/** Each step may be repeated, so a failed set-up goes on where it stopped. */
export class SetUp {
  #token: string | null = null;

  async run({ code, company, person, activation }: Setup) {
    this.#token ??= await this.#operator(code, person);
    await this.#company(company, activation);
    await this.#administrator(company.id, person);
  }

  /** Makes the operator, or signs in if an earlier request did and its answer was lost. */
  async #operator(code: string, person: Setup["person"]) {
    try {
      return (await send("POST /api/setup", { body: { code, ...person } })).token;
    } catch (error) {
      if (!isProblem(error, "setup-done")) throw error;
      const { login, password } = person;
      const body = { tenant: OPERATORS, login, password };
      const session = await send("POST /api/session", { body }).catch(() => {
        throw error;
      });
      return session.token;
    }
  }

  async #company({ id, name, region, time_zone }: Setup["company"], activation: string) {
    const fields = { name, time_zone, numbers: { region } };
    await send("PUT /api/tenants/{tenant}", {
      token: this.#token,
      path: { tenant: id },
      body: activation ? { ...fields, activation_code: activation } : fields,
    });
  }

  async #administrator(tenant: string, person: Setup["person"]) {
    const body = { ...person, role: "admin" as const };
    try {
      await send("POST /api/users", { token: this.#token, query: { tenant }, body });
    } catch (error) {
      if (!isProblem(error, "login-taken")) throw error; // an earlier request has made them
    }
  }
}

function isProblem(error: unknown, code: string) {
  return error instanceof ApiError && error.problem.code === code;
}
