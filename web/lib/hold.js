/**
 * Hold to move. A camera moves only while beats of a living hold arrive at the server; every way a
 * press can end (release, cancel, blur, hidden page, lost socket, a page that hung) ends the beats.
 */

/** @import { LiveHold, LiveRelease } from "./types.js" */

import { uuid } from "./live.js";

const BEAT_MS = 100;
const HUNG_MS = 280; // the server's lease is 300 ms: after such a gap the hold is dead, and stays so
const SLOW = 0.3;
const SLOW_MS = 300;
const FAST_MS = 1500;

/** @typedef {{pan: number, tilt: number, zoom: number, focus?: number}} Direction each -1, 0 or 1: right, up, tele, near are positive */
/** @typedef {{owner: string, id: string, camera: string, direction: Direction, seq: number, began_ms: number, beat_ms: number, timer: number, ended: () => void}} Active */

/**
 * How fast to move after `held_ms`, 0-1: slowly at first, to frame exactly, then faster.
 * @param {number} held_ms
 * @returns {number}
 */
export function speed(held_ms) {
  const ramp = Math.min(Math.max((held_ms - SLOW_MS) / (FAST_MS - SLOW_MS), 0), 1);
  return Math.round((SLOW + (1 - SLOW) * ramp) * 20) / 20;
}

/** The one hold that this panel may have; the first finger owns it, all others are ignored. */
export class Holds {
  /** @type {Active | null} */ #active = null;

  /**
   * @param {(message: LiveHold | LiveRelease) => boolean} send
   * @param {() => number} [now] monotonic milliseconds
   */
  constructor(send, now = () => performance.now()) {
    this.send = send;
    this.now = now;
  }

  /** Whether a press holds now. */
  get holding() {
    return this.#active !== null;
  }

  /**
   * Begin to move; ignored while another press holds.
   * @param {string} owner the pointer or key that presses
   * @param {string} camera
   * @param {Direction} direction
   * @param {() => void} ended told when the hold is over, however it ended
   * @returns {boolean} whether it began
   */
  press(owner, camera, direction, ended) {
    if (this.#active) return false;
    const now = this.now();
    const timer = Number(setInterval(() => this.#beat(), BEAT_MS));
    this.#active = { owner, id: uuid(), camera, direction, seq: 0, began_ms: now, beat_ms: now, timer, ended };
    this.#beat();
    return this.#active !== null;
  }

  /**
   * End the hold if `owner` has it.
   * @param {string} owner
   */
  release(owner) {
    if (this.#active?.owner === owner) this.stop();
  }

  /** End whatever hold there is. */
  stop() {
    const hold = this.#active;
    if (!hold) return;
    this.#active = null;
    clearInterval(hold.timer);
    this.send({ type: "release", hold: hold.id });
    hold.ended();
  }

  #beat() {
    const hold = this.#active;
    if (!hold) return;
    const now = this.now();
    if (now - hold.beat_ms > HUNG_MS) return this.stop();
    const { id, camera, direction, seq } = hold;
    const factor = speed(now - hold.began_ms);
    const moving = /** @type {Direction} */ (Object.fromEntries(Object.entries(direction).map(([axis, way]) => [axis, way * factor])));
    hold.seq += 1;
    hold.beat_ms = now;
    if (!this.send({ type: "hold", hold: id, seq, camera, ...moving })) this.stop();
  }
}

/**
 * Stop every hold when this page stops being the one in front of a person.
 * @param {Holds} holds
 */
export function watchPage(holds) {
  addEventListener("blur", () => holds.stop());
  addEventListener("pagehide", () => holds.stop());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") holds.stop();
  });
}

/**
 * Make `button` move a camera while a finger, or a key, holds it.
 * @param {HTMLButtonElement} button
 * @param {Holds} holds
 * @param {() => string | null} camera
 * @param {Direction} direction
 */
export function holdable(button, holds, camera, direction) {
  /** @param {string} owner */
  const press = (owner) => {
    const name = camera();
    if (name === null || button.disabled) return;
    const began = holds.press(owner, name, direction, () => button.classList.remove("held"));
    if (began) button.classList.add("held");
  };
  /** @param {PointerEvent} event */
  const release = (event) => holds.release(`pointer ${event.pointerId}`);

  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    press(`pointer ${event.pointerId}`);
  });
  button.addEventListener("pointerup", release);
  button.addEventListener("pointercancel", release);
  button.addEventListener("lostpointercapture", release);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  // Android cancels a finger that rests; it does not if the touch's default is prevented.
  button.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });

  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) press(`key ${event.key}`);
  });
  button.addEventListener("keyup", (event) => holds.release(`key ${event.key}`));
  button.addEventListener("blur", () => {
    holds.release("key  ");
    holds.release("key Enter");
  });
}

/** @type {Record<string, Direction>} */
const KEYS = {
  ArrowUp: { pan: 0, tilt: 1, zoom: 0 },
  ArrowDown: { pan: 0, tilt: -1, zoom: 0 },
  ArrowLeft: { pan: -1, tilt: 0, zoom: 0 },
  ArrowRight: { pan: 1, tilt: 0, zoom: 0 },
  "+": { pan: 0, tilt: 0, zoom: 1 },
  "=": { pan: 0, tilt: 0, zoom: 1 },
  "-": { pan: 0, tilt: 0, zoom: -1 },
};

const TYPED = "input, textarea, select";

/**
 * Let arrows, + and - move the camera while `area` is seen, unless the focus is where people type.
 * @param {HTMLElement} area
 * @param {Holds} holds
 * @param {(direction: Direction) => string | null} camera the camera, or null if it cannot go there
 */
export function steerable(area, holds, camera) {
  document.addEventListener("keydown", (event) => {
    const direction = KEYS[event.key];
    const chord = event.ctrlKey || event.altKey || event.metaKey;
    if (!direction || chord || area.offsetWidth === 0 || area.closest("[inert]")) return;
    if (document.activeElement?.matches(TYPED)) return;
    event.preventDefault();
    const name = event.repeat ? null : camera(direction);
    if (name !== null) holds.press(`key ${event.key}`, name, direction, () => {});
  });
  document.addEventListener("keyup", (event) => holds.release(`key ${event.key}`));
  document.addEventListener("focusin", (event) => {
    if (!(/** @type {Element} */ (event.target).matches(TYPED))) return;
    for (const key of Object.keys(KEYS)) holds.release(`key ${key}`);
  });
}
