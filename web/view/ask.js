/** A question that has to be answered on the panel: somebody hung up on the speakerphone. */

/** @import { Panel, Room } from "../lib/room.js" */

import { h, show } from "../lib/dom.js";
import { named, words } from "../lib/i18n.js";
import { calling } from "../lib/words.js";
import { button } from "./parts.js";

const LEAVE_MS = 10000;

export class LeaveQuestion extends HTMLElement {
  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.hidden = true;
    const leave = button("leave", "call.leave", "key danger", () => void panel.ask("meeting.leave", {}, LEAVE_MS));
    this.stay = button("meeting", "ask.stay", "key", () => void panel.ask("meeting.stay"));
    const lines = [words(h("h1"), "ask.leave"), words(h("p"), "ask.leave_hint")];
    this.append(named(h("div", { class: "question", role: "alertdialog" }, ...lines, h("div", { class: "answers" }, this.stay, leave)), "ask.leave"));
  }

  /**
   * Ask, or no longer; returns whether it asks.
   * @param {Room} room
   * @returns {boolean}
   */
  update(room) {
    const asks = room.panel.asks === "leave" && calling(room.meeting) && room.meeting.state !== "leaving";
    const begins = asks && this.hidden;
    show(this, asks);
    if (begins) this.stay.focus();
    return asks;
  }
}

customElements.define("leave-question", LeaveQuestion);
