// The list of presets, searched by name, other names and description, and grouped by kind.

import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Preset } from "../core/types";
import { language, t } from "../i18n/messages";

const KINDS: readonly Preset["kind"][] = ["phone", "softphone", "pbx", "cloud", "generic"];

/** Returns the presets with all these words, in any of their names or in the description. */
export function foundPresets(presets: readonly Preset[], search: string) {
  const words = search.trim().toLowerCase().split(/\s+/);
  return presets.filter(({ title, id, about, aliases }) => {
    const text = [title, id, about[language()], ...aliases].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export class Presets {
  chosen: Preset | null = null;
  #words = "";
  readonly element = document.createElement("div");

  constructor(
    readonly presets: readonly Preset[],
    readonly onChosen: (preset: Preset) => void,
  ) {
    this.element.className = "preset-picker";
    this.#draw();
  }

  /** Shows all presets again, so that nothing is hidden that a message is about. */
  widen() {
    const search = this.element.querySelector("input[type=search]") as HTMLInputElement;
    search.value = "";
    this.#find("");
    search.focus();
  }

  focus() {
    this.element.querySelector<HTMLElement>("input[type=search]")?.focus();
  }

  #find(words: string) {
    this.#words = words;
    this.#draw();
  }

  /** A search without a result still offers what fits any phone. */
  #draw() {
    const found = foundPresets(this.presets, this.#words);
    const isNone = found.length === 0;
    const shown = isNone ? this.presets.filter(({ kind }) => kind === "generic") : found;
    render(
      html`<input
          type="search"
          autocomplete="off"
          placeholder=${t("presets.search")}
          aria-label=${t("presets.search")}
          data-testid="preset-search"
          @input=${(event: Event) => this.#find((event.target as HTMLInputElement).value)}
        />
        <div class="presets" role="radiogroup" aria-labelledby="presets-title">
          ${isNone ? html`<p class="empty presets-none" role="status">${t("presets.none")}</p>` : nothing}
          ${KINDS.map((kind) => this.#group(kind, shown))}
        </div>`,
      this.element,
    );
  }

  #group(kind: Preset["kind"], found: readonly Preset[]) {
    const presets = found.filter((preset) => preset.kind === kind);
    if (presets.length === 0) return nothing;
    presets.sort((a, b) => a.title.localeCompare(b.title, language()));
    return html`<div class="preset-group" role="group" aria-label=${t(`kind.${kind}`)}>
      <h3>${t(`kind.${kind}`)}</h3>
      ${repeat(
        presets,
        ({ id }) => id,
        (preset) => this.#choice(preset),
      )}
    </div>`;
  }

  #choice(preset: Preset) {
    const choose = () => {
      this.chosen = preset;
      this.onChosen(preset);
    };
    const aliases = preset.aliases.join(", ");
    return html`<label class="preset">
      <input
        type="radio"
        name="preset"
        value=${preset.id}
        data-testid="preset-${preset.id}"
        .checked=${this.chosen?.id === preset.id}
        @change=${choose}
      />
      <span>
        <span class="preset-title">${preset.title}</span>
        ${
          aliases
            ? html`<span class="meta" data-testid="aliases">${t("presets.also", { aliases })}</span>`
            : nothing
        }
        <span class="meta">${preset.about[language()]}</span>
        <span class="meta" data-testid="proof">${proof(preset)}</span>
      </span>
    </label>`;
  }
}

/** Returns how far a preset is proven, and its known limits. */
function proof({ proof: { grade, limits } }: Preset) {
  return [t(`proof.${grade}`), ...limits.map((limit) => limit[language()])].join(" ");
}
