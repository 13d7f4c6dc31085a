/** What stands before the room: starting, not paired, asleep. A touch on it reaches nothing behind it. */

import { attribute, h, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { t } from "../lib/i18n.js";

/** @typedef {"starting" | "waiting" | "unpaired" | "asleep" | null} Cover */

export class RoomCover extends HTMLElement {
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
      if (this.getAttribute("data-cover") === "asleep") wake();
    };
    for (const kind of ["pointerdown", "keydown"]) this.addEventListener(kind, touched);
  }

  /**
   * @param {Cover} cover
   * @param {string} time
   * @param {boolean} refused a pairing link was tried and did not work
   */
  update(cover, time, refused) {
    show(this, cover !== null);
    attribute(this, "data-cover", cover);
    if (cover === null) return;
    const asleep = cover === "asleep";
    show(this.clock, asleep);
    attribute(this.icon, "hidden", asleep);
    text(this.clock, time);
    redraw(this.icon, cover === "unpaired" ? "key" : "wait");
    text(this.heading, asleep ? "" : t(`cover.${cover}`));
    text(this.hint, asleep ? t("cover.wake") : t(refused && cover === "unpaired" ? "cover.used" : `cover.${cover}_hint`));
    if (document.activeElement !== this) this.focus();
  }
}

customElements.define("room-cover", RoomCover);
