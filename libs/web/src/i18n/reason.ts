// Explains failed requests to people.

import { ApiError } from "../core/request";
import type { Problem } from "../core/types";
import { t } from "./messages";
import { fieldText, problemText } from "./problems";

/** Explains what failed and what to do next. */
export function reason(error: unknown) {
  if (!(error instanceof ApiError)) return t("error.server");
  const { status, problem } = error;
  if (status === 0) return t(problem.code === "late" ? "error.late" : "error.network");
  if (status === 401) return t("error.session");
  if (status >= 500) return t("error.server");
  if (problem.code === "number-not-dialable") return t("error.number");
  if (problem.errors?.length && status === 422) {
    const details = problem.errors.map((error) => `${error.field}: ${fieldText(error)}`);
    return t("error.invalid", { detail: details.join("; ") });
  }
  return problemText(problem.code, problem.params, ofStatus(status, problem));
}

/** Explains a status without a known code, as in the answer of a proxy. */
function ofStatus(status: number, problem: Problem) {
  if (status === 403) return t("error.forbidden");
  if (status === 404 || status === 410) return t("error.missing");
  if (status === 429) return t("error.often");
  return t("error.invalid", { detail: problem.detail || problem.title || status });
}
