/**
 * What a camera sees, small and live, while somebody steers it. Asks only then. While a meeting has the
 * camera's picture, the room's screen is shown: there stands what the others see.
 */

import { attribute, h, show, text } from "../lib/dom.js";
import { named, say } from "../lib/i18n.js";
import { kept } from "../lib/kept.js";

const EVERY_MS = 120; // eight pictures a second; the room gives ten at most
const SCREEN_MS = 300; // of the screen three
const MEETING = "in_call";
const STAYS_MS = 1500; // after the finger is gone; the room itself goes on for 3 s
const LATE_MS = 10000; // the room gives up after 9 s: a stream begins with its next key picture
/** Of other reasons people are told nothing: a room without pictures, a meeting. */
const SAID = new Set(["busy", "video_missing", "video_refused", "video_unsupported"]);

export class SelfView extends HTMLElement {
  /** @type {string | null} */ #camera = null;
  #until_ms = 0;
  #asking = false;

  /** @param {() => boolean} holding whether somebody steers now */
  constructor(holding) {
    super();
    this.holding = holding;
    this.canvas = named(h("canvas", { role: "img", width: 0, height: 0 }), "camera.self_view");
    this.note = h("p", { class: "note" });
    this.append(this.canvas, this.note);
    this.addEventListener("click", () => this.forget()); // what lies below is the stored picture
    show(this, false);
  }

  /**
   * Somebody begins to steer: look for as long as they do, and a moment longer.
   * @param {string} camera
   */
  steered(camera) {
    if (camera !== this.#camera) this.forget();
    this.#camera = camera;
    this.#until_ms = performance.now() + STAYS_MS;
    if (!this.#asking) void this.#look();
  }

  /** Show nothing any more. */
  forget() {
    this.#camera = null;
    this.#until_ms = 0;
    this.canvas.width = this.canvas.height = 0;
    show(this, false);
  }

  async #look() {
    this.#asking = true;
    while (this.#camera !== null && this.#lasts && !document.hidden) {
      const camera = this.#camera;
      const begun = performance.now();
      const [picture, code] = await fetched(camera);
      if (camera === this.#camera) this.#show(picture, code);
      picture?.close();
      if (!picture) break; // the next push asks again
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, (code ? SCREEN_MS : EVERY_MS) - (performance.now() - begun))));
    }
    this.#asking = false;
    if (!this.#lasts) this.forget();
  }

  get #lasts() {
    const now = performance.now();
    if (this.holding()) this.#until_ms = now + STAYS_MS;
    return now < this.#until_ms;
  }

  /**
   * @param {ImageBitmap | null} picture
   * @param {string} code
   */
  #show(picture, code) {
    const { canvas } = this;
    show(canvas, picture !== null);
    named(canvas, code === MEETING ? "camera.screen_view" : "camera.self_view");
    attribute(canvas, "data-mirrored", code !== MEETING && kept("mirror") === "on");
    text(this.note, picture === null ? say("camera.no_picture", code) : "");
    show(this, picture !== null || SAID.has(code));
    attribute(this, "data-none", picture === null);
    if (!picture) return void setTimeout(() => this.#lasts || this.forget(), STAYS_MS);
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      [canvas.width, canvas.height] = [picture.width, picture.height];
    }
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
  }
}

/**
 * @param {string} camera
 * @returns {Promise<[ImageBitmap | null, string]>} the picture, and why there is none of the camera
 */
async function fetched(camera) {
  const [picture, code] = await asked(`cameras/${camera}`);
  return code === MEETING ? [(await asked("screen"))[0], code] : [picture, code];
}

/**
 * @param {string} whose
 * @returns {Promise<[ImageBitmap | null, string]>}
 */
async function asked(whose) {
  try {
    const answer = await fetch(`/api/v1/${whose}/picture`, { cache: "no-store", signal: AbortSignal.timeout(LATE_MS) });
    if (answer.ok) return [await createImageBitmap(await answer.blob()), ""];
    return [null, String((await answer.json()).code ?? "other")];
  } catch {
    return [null, "other"];
  }
}

customElements.define("self-view", SelfView);
