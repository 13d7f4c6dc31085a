/** What stands before the room: starting, not paired, asleep. A touch on it reaches nothing behind it. */

/** @import { Room } from "../lib/types.js" */
/** @import { RoomClock } from "../lib/clock.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { language, t } from "../lib/i18n.js";
import { agenda, nextWords, stateLine } from "../lib/labels.js";
import { logo, Wallpaper } from "../lib/look.js";

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
    this.logo = h("img", { class: "logo", alt: "", hidden: true });
    this.name = h("b");
    this.date = h("span");
    this.head = h("div", { class: "rest-head" }, this.logo, this.name, this.date);
    this.shapeIcon = icon("check");
    this.word = h("b");
    this.until = h("span");
    this.state = h("p", { class: "rest-state" }, h("span", { class: "shape" }, this.shapeIcon), h("span", {}, this.word, " ", this.until));
    this.next = h("p", { class: "rest-next" });
    this.wallpaper = new Wallpaper(this);
    this.append(this.head, this.clock, this.state, this.next, this.icon, this.heading, this.hint);
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
   * @param {RoomClock} clock
   * @param {boolean} refused a pairing link was tried and did not work
   * @param {Room | null} room
   */
  update(overlay, clock, refused, room) {
    this.#overlay = overlay;
    show(this, overlay !== null || this.#touched);
    attribute(this, "data-overlay", overlay);
    if (overlay === null) return;
    const asleep = overlay === "asleep";
    for (const part of [this.clock, this.head, this.state, this.next]) show(part, asleep);
    attribute(this.icon, "hidden", asleep);
    text(this.clock, clock.hourMinute(clock.now()));
    this.wallpaper.update(room?.look, asleep);
    if (asleep && room) this.#rest(room, clock);
    redraw(this.icon, overlay === "unpaired" ? "key" : "wait");
    text(this.heading, asleep ? "" : t(`overlay.${overlay}`));
    text(this.hint, asleep ? t("overlay.wake") : t(refused && overlay === "unpaired" ? "overlay.used" : `overlay.${overlay}_hint`));
    if (document.activeElement !== this) this.focus();
  }

  /**
   * What whoever passes by reads: whether the room is free, and what is next.
   * @param {Room} room
   * @param {RoomClock} clock
   */
  #rest(room, clock) {
    logo(this.logo, room.look);
    text(this.name, room.identity.display_name);
    text(this.date, clock.day(language(), clock.now()));
    const { word, detail, icon: sign, tone } = stateLine(room, clock);
    attribute(this.state, "data-tone", tone);
    redraw(this.shapeIcon, sign);
    text(this.word, word);
    text(this.until, detail);
    const { hero, rest } = agenda(room.bookings, clock.now());
    text(this.next, nextWords(hero ? [hero, ...rest] : rest, clock));
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
