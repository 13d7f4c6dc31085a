/** What the room's display shows, small and live, and where a finger touches it. Asks only while it is seen. */

/** @import { Panel } from "../lib/room.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { named, say, t } from "../lib/i18n.js";

/** @typedef {{x: number, y: number}} Spot a place on the display: 0-1 from the left and from the top */
/** @typedef {{press: (spot: Spot) => Promise<boolean>, scroll: (spot: Spot, notches: number) => Promise<boolean>}} Touch */

const URL_OF_IT = "/api/v1/screen/picture";
const EVERY_MS = 300; // three pictures a second
const SOON_MS = 120; // after a touch
const RETRY_MS = 1000;
const LATE_MS = 7000; // the room itself gives a picture up after 6 s
const OLD_MS = 3000; // then nobody knows what a touch would meet
const SLOP_PX = 12; // a finger that moved less has pressed
const MARK_MS = 700;
const NOTCH = 0.12; // of the picture's height: a notch moves a page by 120 of its pixels
const WHEEL_PX = 100;
const MOST_NOTCHES = 20;

export class ScreenPreview extends HTMLElement {
  #on = false;
  #timer = 0;
  #taken_ms = -Infinity;
  #owed = 0;
  #paying = false;
  /** @type {string | null} why there is no picture now */ #code = null;
  /** @type {AbortController | null} */ #asking = null;
  /** @type {{id: number, x: number, y: number, last: number, drags: boolean} | null} */ #finger = null;

  /**
   * @param {Panel} panel
   * @param {Touch} touch
   */
  constructor(panel, touch) {
    super();
    this.panel = panel;
    this.touch = touch;
    this.canvas = named(h("canvas", { role: "img", width: 0, height: 0 }), "remote_control.picture");
    this.words = h("span");
    this.note = h("p", { class: "note", role: "status" }, icon("warning"), this.words);
    this.mark = h("i", { class: "mark", hidden: true });
    this.append(this.canvas, this.mark, this.note);
    const on = (/** @type {string} */ kind, /** @type {(event: any) => void} */ act) => this.canvas.addEventListener(kind, act);
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    for (const kind of ["pointercancel", "lostpointercapture"]) on(kind, () => (this.#finger = null));
    on("wheel", (event) => this.#wheel(event));
    document.addEventListener("visibilitychange", () => this.watch(this.#on));
  }

  /** Whether a touch would be a guess: the picture is old, or there is none. */
  get old() {
    return performance.now() - this.#taken_ms > OLD_MS;
  }

  /**
   * Ask for pictures, or no longer; may be said as often as one likes.
   * @param {boolean} on
   */
  watch(on) {
    this.#on = on;
    if (!this.#seen) this.#stop();
    else if (!this.#asking && !this.#timer) this.#next(0);
  }

  /** Show nothing any more: what others show in a meeting is not kept. */
  forget() {
    this.watch(false);
    this.canvas.width = this.canvas.height = 0;
    this.#taken_ms = -Infinity;
    this.#code = null;
    show(this.mark, false);
  }

  /** Something was done to the display: look at it now. */
  hurry() {
    if (this.#timer) this.#next(SOON_MS);
  }

  /** Say what there is to say of the picture. */
  update() {
    const { old } = this;
    const none = this.canvas.width === 0;
    attribute(this, "data-old", old);
    const seconds = Math.round((performance.now() - this.#taken_ms) / 1000);
    const age = none ? t("remote_control.waiting") : t("remote_control.old", { count: seconds });
    const why = this.#code ? say("error", this.#code) : "";
    text(this.words, old ? [none && why ? "" : age, why].filter(Boolean).join(" ") : "");
    show(this.note, old);
  }

  get #seen() {
    return this.#on && !document.hidden && this.offsetWidth > 0;
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#asking?.abort();
    this.#asking = this.#finger = null;
    this.#owed = 0;
  }

  /** @param {number} wait_ms */
  #next(wait_ms) {
    clearTimeout(this.#timer);
    this.#timer = Number(setTimeout(() => void this.#look(), wait_ms));
  }

  async #look() {
    this.#timer = 0;
    if (!this.#seen) return;
    const begun = performance.now();
    const asking = (this.#asking = new AbortController());
    const late = setTimeout(() => asking.abort(), LATE_MS);
    const [picture, code] = await fetched(asking.signal);
    clearTimeout(late);
    if (asking === this.#asking) {
      this.#asking = null;
      this.#code = code;
      if (picture) this.#draw(picture);
      this.#next(picture ? Math.max(0, EVERY_MS - (performance.now() - begun)) : RETRY_MS);
      this.update();
    }
    picture?.close();
  }

  /** @param {ImageBitmap} picture */
  #draw(picture) {
    const { canvas } = this;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      [canvas.width, canvas.height] = [picture.width, picture.height];
    }
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
    this.#taken_ms = performance.now();
  }

  /** Where the picture stands within its element: it keeps its shape. */
  get #frame() {
    const box = this.canvas.getBoundingClientRect();
    const scale = Math.min(box.width / this.canvas.width, box.height / this.canvas.height);
    const [width, height] = [this.canvas.width * scale, this.canvas.height * scale];
    return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height };
  }

  /**
   * @param {{clientX: number, clientY: number}} at
   * @returns {Spot | null} null beside the picture
   */
  #spot(at) {
    const frame = this.#frame;
    const spot = { x: (at.clientX - frame.left) / frame.width, y: (at.clientY - frame.top) / frame.height };
    return [spot.x, spot.y].every((one) => one >= 0 && one <= 1) ? spot : null;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    event.preventDefault();
    const { clientX: x, clientY: y } = event;
    if (!event.isPrimary || event.button !== 0) return void (this.#finger = null); // two fingers: neither presses
    if (this.old) return this.panel.tell(t("remote_control.not_now"));
    if (!this.#spot(event)) return;
    this.#owed = 0;
    this.#finger = { id: event.pointerId, x, y, last: y, drags: false };
    this.canvas.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const finger = this.#finger;
    if (finger?.id !== event.pointerId) return;
    finger.drags ||= Math.hypot(event.clientX - finger.x, event.clientY - finger.y) > SLOP_PX;
    if (!finger.drags) return;
    const spot = this.#spot({ clientX: finger.x, clientY: finger.y });
    if (spot) this.#scroll(spot, (finger.last - event.clientY) / (this.#frame.height * NOTCH));
    finger.last = event.clientY;
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const finger = this.#finger;
    this.#finger = null;
    const spot = finger?.id === event.pointerId && !finger.drags ? this.#spot({ clientX: finger.x, clientY: finger.y }) : null;
    if (spot) void this.#press(spot);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const spot = this.#spot(event);
    if (spot && !this.old) this.#scroll(spot, event.deltaY / WHEEL_PX);
  }

  /** @param {Spot} spot */
  async #press(spot) {
    const [frame, own] = [this.#frame, this.getBoundingClientRect()];
    this.mark.style.left = `${frame.left - own.left + spot.x * frame.width}px`;
    this.mark.style.top = `${frame.top - own.top + spot.y * frame.height}px`;
    attribute(this.mark, "data-state", "asked");
    show(this.mark, true);
    const done = await this.touch.press(spot);
    attribute(this.mark, "data-state", done ? "done" : "failed");
    setTimeout(() => show(this.mark, false), MARK_MS);
    this.hurry();
  }

  /**
   * Scroll by whole notches, one order at a time; what comes meanwhile is owed.
   * @param {Spot} spot
   * @param {number} notches positive: what is below comes up
   */
  async #scroll(spot, notches) {
    this.#owed += notches;
    if (this.#paying) return;
    this.#paying = true;
    while (Math.trunc(this.#owed) !== 0) {
      const now = Math.max(-MOST_NOTCHES, Math.min(MOST_NOTCHES, Math.trunc(this.#owed)));
      this.#owed -= now;
      if (!(await this.touch.scroll(spot, now))) this.#owed = 0;
      this.hurry();
    }
    this.#paying = false;
  }
}

/**
 * Fetch a picture; without one, the code that says why.
 * @param {AbortSignal} signal
 * @returns {Promise<[ImageBitmap, null] | [null, string]>}
 */
async function fetched(signal) {
  try {
    const answer = await fetch(URL_OF_IT, { signal, cache: "no-store" });
    if (answer.ok) return [await createImageBitmap(await answer.blob()), null];
    const problem = await answer.json();
    return [null, String(problem.code)];
  } catch {
    return [null, "no_reply"];
  }
}

customElements.define("screen-preview", ScreenPreview);
