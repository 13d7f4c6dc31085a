/** The code that makes a phone a panel of this room, as a picture; fetched anew while it is shown. */

export const CODE_MS = 5000; // a code that somebody used is replaced within this
const CODE_URL = "/api/v1/phone";

export class PhoneCode {
  #code = "";
  #asked_ms = -Infinity;

  /** @param {HTMLImageElement} picture @param {() => void} changed */
  constructor(picture, changed) {
    this.picture = picture;
    this.changed = changed;
  }

  /** Whether there is one. */
  get stands() {
    return this.#code !== "";
  }

  /** Fetch it, unless that was done just now. */
  freshen() {
    if (performance.now() - this.#asked_ms >= CODE_MS) void this.fetch();
  }

  /** Fetch the code that stands now; none if there is none or nobody answers. */
  async fetch() {
    this.#asked_ms = performance.now();
    let code = "";
    try {
      const answer = await fetch(CODE_URL, { signal: AbortSignal.timeout(CODE_MS) });
      if (answer.status === 200) code = await answer.text();
    } catch {
      // No answer: whatever stands there would not work either.
    }
    if (code === this.#code) return;
    URL.revokeObjectURL(this.picture.src);
    this.#code = code;
    if (code) this.picture.src = URL.createObjectURL(new Blob([code], { type: "image/svg+xml" }));
    this.changed();
  }
}
