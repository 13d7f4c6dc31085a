/** What somebody just changed, with an *Undo*, for eight seconds; of a booking it is undone in *Today* after that. */

/** @import { Panel } from "../lib/room.js" */
/** @import { BookingChange, Room } from "../lib/types.js" */
/** @import { RoomClock } from "../lib/clock.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { t } from "../lib/i18n.js";

const STANDS_MS = 8000;
const NEWS_MS = 60_000; // what is older was told before this panel came

/**
 * Whether the calendar may still say no; who is there is true whatever it says.
 * @param {Pick<BookingChange, "kind" | "asking">} change
 */
const asks = ({ kind, asking }) => asking && kind !== "check_in";

/**
 * What was done to a booking, or that the calendar is asked.
 * @param {BookingChange} change
 * @param {RoomClock} clock
 */
export function changeWords({ kind, end, was_end, asking }, clock) {
  if (asks({ kind, asking })) return t("booking.asking");
  const sooner = kind === "move_end" && Date.parse(end) < Date.parse(was_end);
  return t(sooner ? "booking.did.end" : `booking.did.${kind}`, { time: clock.hourMinute(end) });
}

/** Something that was just done, and an *Undo* that runs down. */
export class UndoToast extends HTMLElement {
  #until_ms = 0;
  #asking = false;
  /** @type {() => Promise<boolean>} */ #undoes = () => Promise.resolve(true);

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.hidden = true;
    this.what = h("b", { role: "status" });
    this.key = h("button", { type: "button", class: "key", onclick: () => void this.#undo() });
    this.left = h("i");
    this.mark = icon("check");
    this.append(this.mark, this.what, this.key, this.left);
  }

  /**
   * Offer to undo what was just done.
   * @param {string} said
   * @param {() => Promise<boolean>} undoes returns whether it was undone
   * @param {number} stands_ms Infinity: until it is offered once more
   */
  offer(said, undoes, stands_ms = STANDS_MS) {
    text(this.what, said);
    this.#undoes = undoes;
    this.#until_ms = performance.now() + stands_ms;
    redraw(this.mark, stands_ms === Infinity ? "wait" : "check");
    this.left.replaceWith((this.left = h("i"))); // it runs down anew
    show(this.left, stands_ms !== Infinity);
    if (stands_ms !== Infinity) setTimeout(() => this.panel.refresh(), stands_ms);
    this.draw(true);
  }

  /** Show it, or no longer. @param {boolean} may whether it can be undone from here at all */
  draw(may) {
    show(this, performance.now() < this.#until_ms);
    text(this.key, t("booking.undo"));
    show(this.key, may);
    attribute(this.key, "aria-busy", this.#asking);
  }

  /** Offer it no longer. */
  forget() {
    this.#until_ms = 0;
    show(this, false);
  }

  async #undo() {
    if (this.#asking) return;
    this.#asking = true;
    this.panel.refresh();
    if (await this.#undoes()) this.forget();
    this.#asking = false;
    this.panel.refresh();
  }
}

export class ChangeToast extends UndoToast {
  #last = "";
  #asked = false;

  /** @param {Room} room */
  update(room) {
    const change = room.booking_changes?.at(-1);
    if (!change) this.forget();
    else if (change.id !== this.#last || (this.#asked && !asks(change))) this.#begin(change);
    this.#asked = change !== undefined && asks(change);
    this.draw(this.panel.may("booking.undo"));
    if (change) text(this.what, changeWords(change, this.panel.clock));
  }

  /** @param {BookingChange} change */
  #begin(change) {
    this.#last = change.id;
    if (this.panel.clock.now() - Date.parse(change.at) > NEWS_MS) return;
    const undoes = async () => (await this.panel.ask("booking.undo", { change: change.id })).status === "done";
    this.offer(changeWords(change, this.panel.clock), undoes, asks(change) ? Infinity : STANDS_MS);
  }
}

customElements.define("undo-toast", UndoToast);

customElements.define("change-toast", ChangeToast);
