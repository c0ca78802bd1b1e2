// Says what is wrong with a text that should be JSON, and where. The messages of browsers are English
// and differ from browser to browser, so they are not shown.

export type JsonCode = "end" | "comma" | "quote" | "string" | "key" | "colon" | "value" | "more";

/** The kind of the first mistake and its place, counted from 1. */
export interface JsonProblem {
  code: JsonCode;
  line: number;
  column: number;
}

const SPACE = /\s*/y;
const STRING = /"(?:[^"\\\t\n\r]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const WRONG_QUOTES = /['`´‘’“”„‚«»]/;

/** Thrown inside this module alone. */
class Mistake extends Error {
  constructor(
    readonly code: JsonCode,
    readonly at: number,
  ) {
    super(code);
  }
}

/** Returns the first mistake of a text; null if it is JSON. */
export function jsonProblem(text: string): JsonProblem | null {
  try {
    new Reader(text).document();
    JSON.parse(text); // refuses the other control characters too
    return null;
  } catch (mistake) {
    if (!(mistake instanceof Mistake)) return { code: "string", line: 1, column: 1 };
    const lines = text.slice(0, mistake.at).split("\n");
    return { code: mistake.code, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  }
}

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  document() {
    this.#value();
    if (this.#next() !== "") throw new Mistake("more", this.#at);
  }

  /** The next character that is no space. */
  #next() {
    this.#take(SPACE);
    return this.text.charAt(this.#at);
  }

  #take(pattern: RegExp) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    this.#at += found?.length ?? 0;
    return found !== undefined;
  }

  #fail(code: JsonCode): never {
    const next = this.#next();
    if (next === "") throw new Mistake("end", this.#at);
    throw new Mistake(WRONG_QUOTES.test(next) ? "quote" : code, this.#at);
  }

  #value() {
    const next = this.#next();
    if (next === "{") this.#members("}", () => this.#member());
    else if (next === "[") this.#members("]", () => this.#value());
    else if (next === '"') this.#string();
    else if (!this.#take(SCALAR)) this.#fail("value");
  }

  #members(end: string, member: () => void) {
    this.#at += 1;
    if (this.#next() !== end) {
      member();
      while (this.#next() === ",") {
        const comma = this.#at;
        this.#at += 1;
        if (this.#next() === end) throw new Mistake("comma", comma);
        member();
      }
      if (this.#next() !== end) this.#fail("comma");
    }
    this.#at += 1;
  }

  #member() {
    if (this.#next() !== '"') this.#fail("key");
    this.#string();
    if (this.#next() !== ":") this.#fail("colon");
    this.#at += 1;
    this.#value();
  }

  #string() {
    if (!this.#take(STRING)) throw new Mistake("string", this.#at);
  }
}
