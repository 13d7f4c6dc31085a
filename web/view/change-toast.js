/** What somebody just changed of a booking, with an *Undo*, for eight seconds; after that it is undone in *Today*. */

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

export class ChangeToast extends HTMLElement {
  #until_ms = 0;
  #last = "";
  #asking = false;

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

  /** @param {Room} room */
  update(room) {
    const change = room.booking_changes?.at(-1);
    if (change && change.id !== this.#last) this.#begin(change);
    else if (change && this.#until_ms === Infinity && !asks(change)) this.#stand();
    const stands = change !== undefined && performance.now() < this.#until_ms;
    show(this, stands);
    if (!stands) return;
    this.change = change;
    redraw(this.mark, asks(change) ? "wait" : "check");
    text(this.what, changeWords(change, this.panel.clock));
    text(this.key, t("booking.undo"));
    show(this.key, this.panel.may("booking.undo"));
    attribute(this.key, "aria-busy", this.#asking);
  }

  /** @param {BookingChange} change */
  #begin(change) {
    this.#last = change.id;
    if (this.panel.clock.now() - Date.parse(change.at) > NEWS_MS) return;
    if (asks(change)) this.#until_ms = Infinity;
    else this.#stand();
  }

  /** Stand for eight seconds from now: a calendar that was asked has answered. */
  #stand() {
    this.#until_ms = performance.now() + STANDS_MS;
    this.left.replaceWith((this.left = h("i"))); // it runs down anew
    setTimeout(() => this.panel.refresh(), STANDS_MS);
  }

  async #undo() {
    if (this.#asking || !this.change) return;
    this.#asking = true;
    this.panel.refresh();
    const { status } = await this.panel.ask("booking.undo", { change: this.change.id });
    this.#asking = false;
    if (status === "done") this.#until_ms = 0;
    this.panel.refresh();
  }
}

customElements.define("change-toast", ChangeToast);
