/** A problem reported to staff: one of six choices, and perhaps a word. What cannot be sent now is kept here, and sent later. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Arguments, Room } from "../lib/types.js" */
/** @import { IconName } from "../lib/icon.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { keep, kept } from "../lib/kept.js";
import { named, say, t, words } from "../lib/i18n.js";
import { complaint } from "../lib/labels.js";
import { uuid } from "../lib/live.js";
import { KeyBoard } from "./keyboard.js";
import { button } from "./parts.js";

/** @typedef {{report: string, about: Arguments["help.report"]["about"], word: string, at_ms: number}} Kept */

/** @type {readonly (readonly [Kept["about"], IconName])[]} */
const CHOICES = [["no_sound", "volume"], ["not_heard", "mic"], ["camera", "camera"], ["screen", "screen"], ["join", "meeting"], ["other", "help"]];
const KEEP = "reports";
const MOST_KEPT = 5;
const LONGEST = 120;
const OLDEST_S = 7 * 86400;
const AGAIN_MS = 5000;
const SEND_MS = 8000;

export class ReportCard extends HTMLElement {
  /** @type {Kept["about"] | null} */ #about = null;
  /** @type {"asking" | "sent" | "kept" | "full"} */ #state = "asking";
  /** @type {string | null} what was reported here last */ #mine = null;
  #sending = false;
  #again_ms = 0;
  #typing = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.choices = named(h("div", { class: "six", role: "group" }, ...CHOICES.map(([about, mark]) => this.#choice(about, mark))), "report.title");
    this.word = named(h("input", { type: "text", name: "word", autocomplete: "off", maxlength: LONGEST }), "report.word");
    this.word.addEventListener("click", () => this.#type(true)); // whoever comes by keys has some
    this.word.addEventListener("keydown", (event) => event.key === "Enter" && this.#type(false));
    this.done = words(h("button", { type: "button", class: "key", onclick: () => this.#type(false) }), "report.done");
    this.board = new KeyBoard((change) => (this.word.value = change(this.word.value).slice(0, LONGEST)));
    this.send = button("send", "report.send", "key primary send", () => this.#send());
    this.goes = words(h("p", { class: "hint" }), "report.with");
    this.form = h("div", { class: "form" }, this.choices, h("div", { class: "adds" }, h("label", { class: "field" }, this.word), this.done), this.board, this.send, this.goes);
    this.said = h("p", { class: "good", role: "status" });
    this.again = words(h("button", { type: "button", class: "key", onclick: () => this.reset() }), "report.again");
    this.finished = h("div", { class: "form" }, this.said, this.again);
    this.open = h("ul", { class: "reported" });
    this.append(words(h("h2"), "report.title"), this.form, this.finished, this.open);
  }

  /** Begin anew. */
  reset() {
    this.#about = null;
    this.#state = "asking";
    this.word.value = "";
    this.#type(false);
  }

  /** @param {Room} room */
  update(room) {
    const asking = this.#state === "asking";
    show(this.form, asking);
    show(this.finished, !asking);
    attribute(this, "data-typing", this.#typing && asking);
    for (const key of this.choices.children) attribute(key, "aria-pressed", String(key.getAttribute("data-about") === this.#about));
    attribute(this.word, "placeholder", t("report.word"));
    this.send.disabled = this.#about === null;
    text(this.said, asking ? "" : t(`report.${this.#state}`));
    const reports = room.issues.filter(({ code }) => code === "help");
    keyed(this.open, reports, ({ subject }) => subject, () => h("li", {}, icon("check"), h("span")), (line, { params, since }) => {
      text(line.children[1], t("report.open", { about: say("report.about", String(params.about)), time: this.panel.clock.hourMinute(since) }));
    });
  }

  /** Send what is kept, one after the other, as far as there is a connection; may be called as often as one likes. */
  async flush() {
    const [first] = waiting();
    if (!first || this.#sending || !this.panel.ready || performance.now() < this.#again_ms) return;
    this.#sending = true;
    const { report, about, word, at_ms } = first;
    const ago_s = Math.min(Math.max(Math.round((Date.now() - at_ms) / 1000), 0), OLDEST_S);
    const outcome = await this.panel.quietly("help.report", { report, about, word, ago_s }, SEND_MS);
    this.#sending = false;
    if (outcome.status === "unconfirmed") {
      this.#again_ms = performance.now() + AGAIN_MS;
      if (report === this.#mine) this.#state = "kept";
    } else {
      wait(waiting().filter((one) => one.report !== report));
      this.#told(report, complaint(outcome));
      void this.flush();
    }
    this.panel.refresh();
  }

  /**
   * @param {string} report
   * @param {string | null} why it was not taken
   */
  #told(report, why) {
    const mine = report === this.#mine && this.#state !== "asking";
    if (why) {
      this.panel.tell(why);
      if (mine) this.#state = "asking";
    } else if (mine) this.#state = "sent";
    else this.panel.tell(t("report.later"), "check");
  }

  #send() {
    if (this.#about === null) return;
    const all = waiting();
    this.#mine = uuid();
    this.#typing = false;
    if (all.length < MOST_KEPT) {
      wait([...all, { report: this.#mine, about: this.#about, word: this.word.value.trim(), at_ms: Date.now() }]);
      this.#state = "kept";
      this.#again_ms = 0;
      void this.flush();
    } else this.#state = "full";
    this.panel.refresh();
  }

  /** @param {boolean} on */
  #type(on) {
    this.#typing = on;
    if (!on) this.word.blur();
    this.panel.refresh();
  }

  /**
   * @param {Kept["about"]} about
   * @param {IconName} mark
   */
  #choice(about, mark) {
    const choose = () => {
      this.#about = about;
      this.panel.refresh();
    };
    return h("button", { type: "button", class: "key", "data-about": about, onclick: choose }, icon(mark), words(h("span", { class: "label" }), `report.about.${about}`));
  }
}

/** What is still to be sent, oldest first; what stands there and is none of it is passed over. @returns {Kept[]} */
function waiting() {
  try {
    const found = JSON.parse(kept(KEEP) ?? "[]");
    return found.filter((/** @type {Partial<Kept> | null} */ one) => CHOICES.some(([about]) => about === one?.about) && typeof one?.report === "string" && typeof one.word === "string" && typeof one.at_ms === "number");
  } catch {
    return [];
  }
}

/** @param {Kept[]} reports */
function wait(reports) {
  keep(KEEP, JSON.stringify(reports));
}

customElements.define("report-card", ReportCard);
