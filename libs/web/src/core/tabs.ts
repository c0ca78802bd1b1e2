// The other tabs of this browser.

/** Sends messages to the other tabs and receives theirs, until it is stopped. */
export class Tabs<Message> {
  readonly #channel: BroadcastChannel;
  #isStopped = false;

  constructor(name: string, receive: (message: Message) => void) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (!this.#isStopped) receive(data); // a message may be under way
    };
  }

  /** Says nothing once it is stopped, since answers of the server and locks may come later. */
  say(message: Message) {
    if (!this.#isStopped) this.#channel.postMessage(message);
  }

  stop() {
    this.#isStopped = true;
    this.#channel.close();
  }
}
