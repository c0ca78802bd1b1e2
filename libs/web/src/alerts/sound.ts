// The sound of a call that rings: two soft notes, made by the browser, so that no file is needed.

/** The notes of one chime: frequency in hertz, start in seconds. */
const NOTES = [
  [659.3, 0],
  [880, 0.18],
] as const;
const NOTE_SECONDS = 0.5;
const VOLUME = 0.18;
const PAUSE_MILLIS = 2500;

export class Sound {
  #context: AudioContext | null = null;
  #timer = 0;
  readonly #end = new AbortController();

  constructor() {
    // browsers keep a page silent until somebody has used it
    const options = { signal: this.#end.signal, capture: true };
    for (const type of ["pointerdown", "keydown"])
      window.addEventListener(type, () => void this.#context?.resume(), options);
  }

  /** Chimes until it is called with false. */
  ring(isOn: boolean) {
    if (isOn === this.#timer > 0) return;
    window.clearInterval(this.#timer);
    this.#timer = isOn ? window.setInterval(() => this.chime(), PAUSE_MILLIS) : 0;
    if (isOn) this.chime();
  }

  /** Plays the sound once. */
  chime() {
    if (!("AudioContext" in window)) return;
    this.#context ??= new AudioContext();
    const context = this.#context;
    // notes of a silent page would all be heard together later
    if (context.state !== "running") return void context.resume();
    for (const [frequency, start] of NOTES) note(context, frequency, context.currentTime + start);
  }

  stop() {
    this.ring(false);
    this.#end.abort();
    void this.#context?.close();
  }
}

/** A note that fades out, so that it does not click. */
function note(context: AudioContext, frequency: number, at: number) {
  const [tone, volume] = [context.createOscillator(), context.createGain()];
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(VOLUME, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, at + NOTE_SECONDS);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + NOTE_SECONDS);
}
