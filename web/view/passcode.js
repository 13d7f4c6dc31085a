/** The passcode that a meeting's page asks for, typed in the card: on digits beside it, or on letters. Loaded when one is asked for. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Meeting, Room } from "../lib/types.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { named, t, words } from "../lib/i18n.js";
import { complaint } from "../lib/labels.js";
import { KeyBoard, typing } from "./keyboard.js";
import { button, glyph, OPEN_MS } from "./parts.js";

const LONGEST = 64;
const ANSWER_MS = 5000; // within this a page has said that a passcode is wrong

export class PasscodePad extends HTMLElement {
  #letters = false;
  #asking = false;
  /** @type {{failure: string | null, until_ms: number} | null} what was given is looked at by the page */ #given = null;
  #tries = 0;
  /** @type {string | null} */ #failure = null;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.what = h("span");
    this.field = h("input", { type: "text", name: "passcode", maxlength: LONGEST, autocomplete: "off", autocapitalize: "off", autocorrect: "off", spellcheck: "false" });
    this.field.addEventListener("input", () => this.#changed());
    this.todo = h("p", { class: "todo", role: "status" });
    const other = button("keypad", "blocked.enter_id", "key", () => panel.open("join"));
    const help = button("help", "blocked.help", "key", () => panel.open("help"));
    const label = h("label", { class: "secret" }, this.field, words(h("span"), "join.passcode"));
    const card = h("section", { class: "asked" }, h("div", { class: "asks" }, h("h1", {}, icon("warning"), this.what), this.todo), label, h("div", { class: "out" }, other, help));
    const edit = (/** @type {(value: string) => string} */ change) => this.#edit(change);
    const digits = [..."123456789"].map((digit) => this.#digit(digit));
    const letters = h("button", { type: "button", class: "key word", onclick: () => this.#turn(true) }, "ABC");
    const erase = glyph("erase", "join.erase", "key", () => edit((value) => [...value].slice(0, -1).join("")));
    this.pad = named(h("div", { class: "keypad", role: "group" }, ...digits, letters, this.#digit("0"), erase), "join.keypad");
    this.goes = [this.#go(), this.#go()];
    const back = h("button", { type: "button", class: "key clear", onclick: () => this.#turn(false) }, "123");
    this.board = new KeyBoard(edit, [back, this.goes[1]]);
    this.keys = h("div", { class: "asked-keys" }, this.pad, this.goes[0], this.board);
    this.append(card, this.keys);
    typing(this, edit, () => void this.#enter());
  }

  /** Begin anew, with digits. */
  reset() {
    this.field.value = "";
    [this.#given, this.#tries, this.#letters] = [null, 0, false];
    attribute(this.todo, "data-said", null);
    this.board.reset();
  }

  /** @param {Room} room */
  update({ meeting }) {
    this.#failure = meeting.failure;
    this.#read(meeting);
    const waits = this.#asking || this.#given !== null;
    const wrong = meeting.failure === "passcode_wrong";
    text(this.what, t(wrong ? "blocked.passcode_wrong" : "blocked.passcode_needed"));
    if (waits) text(this.todo, t("passcode.checking"));
    else if (!this.todo.hasAttribute("data-said")) text(this.todo, t(this.#tries > 1 && wrong ? "passcode.again" : wrong ? "passcode.check" : "passcode.where"));
    attribute(this, "data-letters", this.#letters);
    show(this.pad, !this.#letters);
    show(this.goes[0], !this.#letters);
    show(this.board, this.#letters);
    for (const go of this.goes) {
      attribute(go, "aria-busy", waits);
      go.disabled = this.field.value === "";
    }
    const own = getComputedStyle(this.pad.children[0]).display === "none"; // so small a panel has keys of its own
    attribute(this.field, "inputmode", own ? "text" : "none");
  }

  /** What the page made of what was given. @param {Meeting} meeting */
  #read({ failure }) {
    if (this.#given === null) return;
    if (failure !== this.#given.failure || performance.now() > this.#given.until_ms) this.#given = null;
  }

  /** @param {string} digit */
  #digit(digit) {
    return h("button", { type: "button", class: "key digit", onclick: () => this.#edit((value) => value + digit) }, digit);
  }

  #go() {
    return button("meeting", "join.go", "key primary go", () => void this.#enter());
  }

  /** @param {boolean} letters */
  #turn(letters) {
    this.#letters = letters;
    this.board.reset();
    this.panel.refresh();
  }

  /** @param {(value: string) => string} change */
  #edit(change) {
    this.field.value = change(this.field.value).slice(0, LONGEST);
    this.field.scrollLeft = this.field.scrollWidth;
    this.#changed();
  }

  #changed() {
    attribute(this.todo, "data-said", null);
    this.panel.refresh();
  }

  async #enter() {
    const passcode = this.field.value.trim();
    if (passcode === "" || this.#asking) return;
    this.#asking = true;
    const failure = this.#failure;
    this.panel.refresh();
    const outcome = await this.panel.attempt("meeting.enter_passcode", { passcode }, OPEN_MS);
    this.#asking = false;
    const why = complaint(outcome);
    attribute(this.todo, "data-said", why !== null);
    if (why !== null) text(this.todo, why);
    else {
      this.field.value = "";
      this.#tries += 1;
      this.#given = { failure, until_ms: performance.now() + ANSWER_MS };
    }
    this.panel.refresh();
  }
}

customElements.define("passcode-pad", PasscodePad);
