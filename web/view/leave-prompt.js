/** A question that has to be answered on the panel: somebody hung up on the speakerphone. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { attribute, h, show } from "../lib/dom.js";
import { named, words } from "../lib/i18n.js";
import { calling } from "../lib/labels.js";
import { button } from "./parts.js";

const LEAVE_MS = 25000; // the room itself gives up after 20 s
const GUARD_MS = 300; // a finger that is already coming down was aimed at what stood there before

export class LeavePrompt extends HTMLElement {
  /** @type {HTMLElement | null} who had the focus before */ #before = null;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.hidden = true;
    this.panel = panel;
    const leave = button("leave", "call.leave", "key danger", () => void panel.ask("meeting.leave", {}, LEAVE_MS));
    this.stay = button("meeting", "prompt.stay", "key", () => void panel.ask("meeting.stay"));
    this.answers = h("div", { class: "answers" }, this.stay, leave);
    const lines = [words(h("h1"), "prompt.leave"), words(h("p"), "prompt.leave_hint")];
    this.append(named(h("div", { class: "question", role: "alertdialog", "aria-modal": "true" }, ...lines, this.answers), "prompt.leave"));
  }

  /**
   * Ask, or no longer; returns whether it asks.
   * @param {Room} room
   * @returns {boolean}
   */
  update(room) {
    const prompts = room.panel.prompt === "leave" && calling(room.meeting) && room.meeting.state !== "leaving";
    const begins = prompts && this.hidden;
    show(this, prompts);
    show(this.stay, this.panel.may("meeting.stay"));
    if (begins) this.#begin();
    if (!prompts && this.#before) this.#end();
    return prompts;
  }

  #begin() {
    this.#before = /** @type {HTMLElement | null} */ (document.activeElement);
    attribute(this.answers, "inert", true);
    setTimeout(() => {
      attribute(this.answers, "inert", false);
      this.stay.focus();
    }, GUARD_MS);
  }

  #end() {
    const before = this.#before;
    this.#before = null;
    queueMicrotask(() => before?.focus()); // what is behind the question can be reached only then
  }
}

customElements.define("leave-prompt", LeavePrompt);
