/** What changed when the room moved to another meeting platform: three short cards, read once in a room. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Leaving, Room } from "../lib/types.js" */

import { attribute, h, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { named, t } from "../lib/i18n.js";
import { moveNames, moveToRead } from "../lib/labels.js";

const CARDS = /** @type {const} */ (["changed", "join", "ask"]);
const GUARD_MS = 300; // a finger that is already coming down was aimed at what stood there before

export class MoveCards extends HTMLElement {
  #at = 0;
  #asking = false;
  /** @type {Leaving | null} the move that is told of */ #move = null;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.step = h("p", { class: "hint" });
    this.heading = h("h1");
    this.says = h("p");
    this.nextWords = h("span", { class: "label" });
    this.mark = icon("check");
    this.next = h("button", { type: "button", class: "key primary", onclick: () => void this.#next() }, this.mark, this.nextWords);
    const card = named(h("section", { class: "card", "aria-live": "polite" }, this.step, this.heading, this.says), "leaving.cards");
    this.append(card, h("div", { class: "lead" }, this.next));
  }

  /** Begin with the first card, and take no touch yet. */
  begin() {
    this.#at = 0;
    attribute(this.next, "inert", true);
    setTimeout(() => attribute(this.next, "inert", false), GUARD_MS);
  }

  /** @param {Room} room */
  update(room) {
    const move = moveToRead(room);
    if (move?.platform !== this.#move?.platform) this.#at = 0;
    this.#move = move;
    if (!move) return;
    const last = this.#at === CARDS.length - 1;
    text(this.step, t("leaving.step", { at: this.#at + 1, of: CARDS.length }));
    text(this.heading, t(`leaving.card.${CARDS[this.#at]}`, moveNames(room, move)));
    text(this.says, this.#words(room, move));
    attribute(this.mark, "hidden", !last);
    text(this.nextWords, t(last ? "leaving.seen" : "leaving.next"));
    attribute(this.next, "aria-busy", this.#asking);
  }

  /**
   * @param {Room} room
   * @param {Leaving} move
   */
  #words(room, move) {
    const card = CARDS[this.#at];
    const { help } = room.identity;
    if (card === "ask") return help ? t("help.contact", { help }) : t("help.no_contact");
    const ended = card === "join" && move.stage === "ended";
    return t(ended ? "leaving.say.ended" : `leaving.say.${card}`, moveNames(room, move));
  }

  async #next() {
    if (this.#asking || !this.#move) return;
    if (this.#at < CARDS.length - 1) this.#at += 1;
    else {
      this.#asking = true;
      this.panel.refresh();
      await this.panel.ask("meeting.cards_seen", { platform: this.#move.platform });
      this.#asking = false;
    }
    this.panel.refresh();
  }
}

customElements.define("move-cards", MoveCards);
