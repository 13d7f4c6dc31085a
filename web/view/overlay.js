/** What stands before the room: starting, not paired, asleep. A touch on it reaches nothing behind it. */

import { attribute, h, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { t } from "../lib/i18n.js";

/** @typedef {"starting" | "waiting" | "unpaired" | "asleep" | null} Overlay */

const LIFTED_MS = 300; // the press that follows a lifted finger has come by then

export class RoomOverlay extends HTMLElement {
  #lifting = 0;
  /** Whether the finger that woke the room is still down, or was until just now. */ #touched = false;
  /** @type {Overlay} */ #overlay = null;

  /** @param {() => void} wake */
  constructor(wake) {
    super();
    this.icon = icon("wait");
    this.clock = h("time", { class: "clock" });
    this.heading = h("h1");
    this.hint = h("p");
    this.append(this.clock, this.icon, this.heading, this.hint);
    this.tabIndex = -1;
    const touched = (/** @type {Event} */ event) => {
      event.preventDefault();
      if (this.getAttribute("data-overlay") === "asleep") wake();
    };
    for (const kind of ["pointerdown", "keydown"]) this.addEventListener(kind, touched);
    this.addEventListener("pointerdown", (event) => this.#hold(event.pointerId));
    for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) this.addEventListener(kind, () => this.#lift());
  }

  /**
   * @param {Overlay} overlay
   * @param {string} time
   * @param {boolean} refused a pairing link was tried and did not work
   */
  update(overlay, time, refused) {
    this.#overlay = overlay;
    show(this, overlay !== null || this.#touched);
    attribute(this, "data-overlay", overlay);
    if (overlay === null) return;
    const asleep = overlay === "asleep";
    show(this.clock, asleep);
    attribute(this.icon, "hidden", asleep);
    text(this.clock, time);
    redraw(this.icon, overlay === "unpaired" ? "key" : "wait");
    text(this.heading, asleep ? "" : t(`overlay.${overlay}`));
    text(this.hint, asleep ? t("overlay.wake") : t(refused && overlay === "unpaired" ? "overlay.used" : `overlay.${overlay}_hint`));
    if (document.activeElement !== this) this.focus();
  }

  /**
   * Stay, even if what is behind is awake meanwhile: where the finger is lifted, the browser presses.
   * @param {number} pointer
   */
  #hold(pointer) {
    this.setPointerCapture(pointer); // else a mouse may be let go elsewhere, and never be heard of
    clearTimeout(this.#lifting);
    this.#touched = true;
  }

  #lift() {
    clearTimeout(this.#lifting);
    this.#lifting = Number(
      setTimeout(() => {
        this.#touched = false;
        show(this, this.#overlay !== null);
      }, LIFTED_MS),
    );
  }
}

customElements.define("room-overlay", RoomOverlay);
