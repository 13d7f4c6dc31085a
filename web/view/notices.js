/** What the room is about to do by itself, with a *keep it*; or what it just did, with an *undo*; or what facilities staff tell, which is a key alone in a call; for staff, a series that nobody comes to. One at a time. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Act, Issue, Message, Notice, Room } from "../lib/types.js" */

import { announced, deedWords, left, reasonWords, regretted } from "../lib/automation.js";
import { attribute, h, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { t } from "../lib/i18n.js";
import { messageUntil, offeredSeries, problem } from "../lib/labels.js";

const ACT_MS = 20000; // a call that is taken up again is a call that opens

export class NoticeStrip extends HTMLElement {
  /** @type {() => Promise<unknown>} */ #answer = () => Promise.resolve();
  #busy = false;
  #open = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.hidden = true;
    this.mark = icon("warning");
    this.what = h("b");
    this.why = h("span", { class: "hint" });
    this.key = h("button", { type: "button", class: "key", onclick: () => void this.#press() });
    this.said = h("span", { class: "unseen", role: "status" });
    this.append(this.mark, h("p", {}, this.what, this.why), this.key, this.said);
  }

  /**
   * Show what there is to tell; returns whether it is no more than a key, or takes the place of names, or nothing is told.
   * @param {Room} room
   * @param {boolean} inCall
   * @returns {"key" | "strip" | null}
   */
  update(room, inCall) {
    const notice = announced(room);
    const deed = notice ? null : regretted(room);
    const message = notice || deed ? null : room.message;
    const quiet = !notice && !deed && !message && this.closest("[data-view]")?.getAttribute("data-view") === "home";
    const unused = quiet && this.panel.may("booking.release_series") ? offeredSeries(room)[0] ?? null : null;
    if (notice) this.#warn(notice);
    else if (deed) this.#offer(deed, room);
    else if (message) this.#tell(message, inCall);
    else if (unused) this.#hint(unused, room);
    else text(this.said, "");
    attribute(this, "data-message", message !== null);
    attribute(this, "data-open", message !== null && this.#open);
    const grave = notice !== null && notice.act !== "standby"; // a touch ends it
    attribute(this, "data-grave", grave);
    redraw(this.mark, grave ? "warning" : message ? "help" : "wait");
    attribute(this.key, "aria-busy", this.#busy);
    const told = [notice, deed, message, unused].some((one) => one !== null);
    const short = message !== null && inCall;
    attribute(this, "data-short", short);
    show(this, told);
    return short ? "key" : told ? "strip" : null;
  }

  /** @param {Notice} notice */
  #warn({ act, at }) {
    text(this.what, t(`auto.soon.${act}`, { left: left(at, this.panel.clock.now()) }));
    text(this.why, t(`auto.because.${act}`));
    text(this.key, t(`auto.postpone.${act}`));
    show(this.key, this.panel.may("room.postpone"));
    text(this.said, `${t(`auto.warn.${act}`)} ${t(`auto.because.${act}`)}`); // without the seconds: those would be read out one by one
    if (act !== "wake") this.#answer = () => this.panel.ask("room.postpone", { act }); // light comes unannounced
  }

  /**
   * @param {Act} deed
   * @param {Room} room
   */
  #offer(deed, room) {
    const { act, number, reasons } = deed;
    const what = deedWords(deed, room, this.panel.clock);
    const why = reasons.slice(0, 1).map((one) => reasonWords(one, room)).join("");
    text(this.what, what);
    text(this.why, why);
    text(this.key, t(`auto.undo.${act}`));
    text(this.said, what);
    show(this.key, this.panel.may("room.undo"));
    this.#answer = () => this.panel.ask("room.undo", { number }, ACT_MS);
  }

  /**
   * @param {Message} message
   * @param {boolean} inCall
   */
  #tell(message, inCall) {
    text(this.what, message.text);
    text(this.why, messageUntil(message, this.panel.clock));
    text(this.key, t(this.#open ? "message.close" : inCall ? "message.key" : "message.read"));
    text(this.said, message.text);
    show(this.key, this.#open || inCall || this.what.scrollHeight > this.what.clientHeight + 1);
    this.#answer = () => Promise.resolve((this.#open = !this.#open));
  }

  /**
   * Tell staff that nobody comes to a series; what is to be done is asked on a sheet.
   * @param {Issue} issue
   * @param {Room} room
   */
  #hint(issue, room) {
    text(this.what, problem(issue, room).what);
    text(this.why, "");
    text(this.key, t("series.look"));
    text(this.said, ""); // nobody is to be interrupted by it
    show(this.key, true);
    this.#answer = () => Promise.resolve(this.panel.open("series"));
  }

  async #press() {
    if (this.#busy) return;
    this.#busy = true;
    this.panel.refresh();
    await this.#answer();
    this.#busy = false;
    this.panel.refresh();
  }
}

customElements.define("notice-strip", NoticeStrip);
