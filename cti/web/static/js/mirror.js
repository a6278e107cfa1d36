// The server's state, put together again from a snapshot and numbered changes (cti/web/streams.py says what is sent).

/** old with a change done to it (cti/web/deltas.py says what changes look like); old itself stays as it is. */
export const changed = (old, change) => {
  if (Array.isArray(change)) return change[0];
  const fresh = Array.isArray(old) ? [...old] : { ...old };
  for (const [key, one] of Object.entries(change)) {
    if (Array.isArray(one) && one.length === 0) delete fresh[key];
    else fresh[key] = changed(fresh[key], one);
  }
  return fresh;
};

/**
 * What one page knows of a stream. ask(message) sends a message to the server: the mirror has noticed that something is
 * missing, or that the stream is another one than it knows.
 */
export class Mirror {
  constructor(ask) {
    this.ask = ask;
    this.state = null;
    this.stream = "";
    this.number = 0;
    this.asked = null;
  }

  /** A new connection: whatever was asked for on the one before will not come. */
  connected() {
    this.asked = null;
  }

  /** Takes in a message of the stream; says whether the state is another one now. */
  take(message) {
    if (message.type === "snapshot") {
      this.stream = message.stream;
      this.number = message.number;
      this.state = message.state;
      return true;
    }
    const ahead = message.stream === this.stream ? message.number - this.number : NaN;
    if (message.type === "change" && ahead === 1) {
      this.number = message.number;
      this.state = changed(this.state, message.change);
      return true;
    }
    // A change that we have already is of no use; everything else means that we have missed something.
    if (!(ahead <= 0)) this.askAgain(message.type === "beat");
    return false;
  }

  /** Asks once for what is missing, and again with every beat: the answer may have been lost too. */
  askAgain(insist) {
    const asked = `${this.stream} ${this.number}`;
    if (asked === this.asked && !insist) return;
    this.asked = asked;
    this.ask({ type: "again", stream: this.stream, number: this.number });
  }
}
