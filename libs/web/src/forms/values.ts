// The values of the named controls of a form.

export class Values {
  constructor(readonly form: HTMLFormElement) {}

  #control(name: string) {
    return this.form.elements.namedItem(name) as HTMLInputElement | null;
  }

  /** The value as it was typed, for passwords. */
  raw(name: string) {
    return this.#control(name)?.value ?? "";
  }

  /** The value without blanks around it. */
  of(name: string) {
    return this.raw(name).trim();
  }

  /** The parts between commas, semicolons and line ends. */
  list(name: string) {
    const parts = this.raw(name).split(/[,;\n]+/);
    return [...new Set(parts.map((part) => part.trim()).filter(Boolean))];
  }

  isOn(name: string) {
    return this.#control(name)?.checked ?? false;
  }

  /** Empties all fields, after passwords were changed. */
  clear() {
    this.form.reset();
  }

  /** All values in one text, which differs when one of them does. */
  get text() {
    const controls = [...this.form.elements] as HTMLInputElement[];
    const named = controls.filter((control) => control.name);
    return JSON.stringify(
      named.map((each) => [each.name, each.type === "checkbox" ? each.checked : each.value]),
    );
  }
}
