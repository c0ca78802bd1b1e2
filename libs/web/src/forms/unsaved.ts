// Notes which forms have input that was not saved, so that nobody leaves it by mistake.

export interface Unsaved {
  /** Whether the form has input that the server does not have. */
  readonly isUnsaved: boolean;
}

const forms = new Set<Unsaved>();

export function watchUnsaved(form: Unsaved) {
  forms.add(form);
}

export function forgetUnsaved(form: Unsaved) {
  forms.delete(form);
}

export function anythingUnsaved() {
  return [...forms].some((form) => form.isUnsaved);
}

/** Throws the input away, so that nobody asks about it again. */
export function discardUnsaved() {
  forms.clear();
}
