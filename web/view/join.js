/** Joining by number on a keypad, by a pasted link or invitation, or by a favourite. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Favourite, Platform, Room } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { named, t, words } from "../lib/i18n.js";
import { complaint, endedWords, platformName } from "../lib/labels.js";
import { button, glyph, hasEnded, Instead, OPEN_MS } from "./parts.js";

const LONGEST = 16384;

export class JoinSheet extends HTMLElement {
  /** @type {string | null} */ #platform = null;
  #opening = false;
  /** @type {{platform: string | null} | null} what was asked for, and has ended */ #ended = null;
  /** @type {Room | null} */ #room = null;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.platforms = named(h("div", { class: "platforms", role: "group" }), "join.platform");
    this.number = this.#field("join.number", { inputmode: "none", maxlength: 32 });
    this.passcode = this.#field("join.passcode", { maxlength: 64 });
    // An invitation has lines, which an input would run together: link, number and passcode in one.
    this.link = h("textarea", { rows: "2", autocomplete: "off", autocapitalize: "off", spellcheck: "false", name: "join.link", inputmode: "url", maxlength: LONGEST });
    this.typed = this.number;
    this.say = h("p", { class: "say", role: "alert" });
    this.favourites = h("div", { class: "favourites" });
    this.goWords = h("span", { class: "label" });
    this.go = h("button", { type: "button", class: "key primary go", onclick: () => void this.#join() }, icon("meeting"), this.goWords);
    this.instead = new Instead(panel, "key primary anew");
    const form = h("div", { class: "form" }, this.platforms, this.#labelled("join.number", this.number), this.#labelled("join.passcode", this.passcode), this.#labelled("join.link", this.link), this.favourites, this.say, this.instead.key, this.go);
    this.append(form, this.#keypad());
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target instanceof HTMLButtonElement) return;
      event.preventDefault();
      void this.#join();
    });
  }

  /** Begin anew. */
  reset() {
    for (const field of [this.number, this.passcode, this.link]) field.value = "";
    this.typed = this.number;
    this.#say("");
    this.#mark();
  }

  /** @param {Room} room */
  update(room) {
    this.#room = room;
    const instead = this.instead.update(room, this.#ended);
    show(this.go, !instead);
    const able = room.platforms.filter((platform) => platform.by_number);
    if (!able.some((platform) => platform.key === this.#platform)) this.#platform = able.length === 1 ? able[0].key : null;
    keyed(this.platforms, able, (one) => one.key, (one) => h("button", { type: "button", class: "chip", onclick: () => this.#choose(one) }), (chip, one) => {
      text(chip, platformName(room, one.key));
      attribute(chip, "aria-pressed", String(one.key === this.#platform));
    });
    show(this.platforms, able.length > 0);
    keyed(this.favourites, room.favourites, (one) => one.name, (one) => this.#favourite(one), (key, one) => text(key, one.name));
    show(this.favourites, room.favourites.length > 0);
    text(this.goWords, t(this.#opening ? "home.joining" : "join.go"));
    attribute(this.go, "aria-busy", this.#opening);
    attribute(this.passcode, "placeholder", t("join.optional"));
    attribute(this.link, "placeholder", t("join.link_hint"));
    this.#mark();
  }

  /**
   * @param {string} key
   * @param {Record<string, unknown>} props
   */
  #field(key, props) {
    const field = h("input", { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", name: key, ...props });
    field.addEventListener("focus", () => {
      this.typed = field;
      this.#mark();
    });
    return field;
  }

  /**
   * @param {string} key
   * @param {HTMLInputElement | HTMLTextAreaElement} field
   */
  #labelled(key, field) {
    return h("label", { class: "field" }, words(h("span"), key), field);
  }

  #keypad() {
    const digits = "123456789".split("").map((digit) => this.#digit(digit));
    const clear = button("minus", "join.clear", "key word", () => this.#edit(() => ""));
    const erase = glyph("erase", "join.erase", "key", () => this.#edit((value) => value.slice(0, -1)));
    return named(h("div", { class: "keypad", role: "group" }, ...digits, clear, this.#digit("0"), erase), "join.keypad");
  }

  /** @param {string} digit */
  #digit(digit) {
    return h("button", { type: "button", class: "key digit", onclick: () => this.#edit((value) => value + digit) }, digit);
  }

  /** @param {(value: string) => string} change */
  #edit(change) {
    this.typed.value = change(this.typed.value);
    this.#say("");
    this.#mark();
  }

  /** Show which field the keypad writes into. */
  #mark() {
    for (const field of [this.number, this.passcode]) attribute(field, "data-typed", field === this.typed);
  }

  /** @param {Platform} platform */
  #choose(platform) {
    this.#platform = platform.key;
    this.#say("");
    this.panel.refresh();
  }

  /** @param {Favourite} favourite */
  #favourite(favourite) {
    return h("button", { type: "button", class: "key small", onclick: () => void this.#open({ favourite: favourite.name }) });
  }

  async #join() {
    const link = this.link.value.trim();
    const number = this.number.value.replace(/[\s-]/g, "");
    if (link) return this.#open({ link });
    if (!number) return text(this.say, t("join.empty"));
    if (!this.#platform) return text(this.say, t("join.choose"));
    const passcode = this.passcode.value.trim();
    return this.#open({ number, platform: this.#platform, ...(passcode ? { passcode } : {}) });
  }

  /** @param {Record<string, string>} args */
  async #open(args) {
    if (this.#opening) return;
    this.#opening = true;
    this.#say("");
    this.panel.refresh();
    const outcome = await this.panel.ask("meeting.join", args, OPEN_MS);
    this.#opening = false;
    this.#say(complaint(outcome) ?? "");
    if (hasEnded(outcome)) this.#offer(args.platform ?? null);
    this.panel.refresh();
  }

  /** Say something, and offer nothing for what was asked for before. @param {string} said */
  #say(said) {
    text(this.say, said);
    this.#ended = null;
    if (this.#room) show(this.go, !this.instead.update(this.#room, null));
  }

  /** Offer what takes the place of an ended platform. @param {string | null} platform */
  #offer(platform) {
    this.#ended = { platform };
    if (this.#room && this.instead.update(this.#room, this.#ended)) text(this.say, endedWords(this.#room, platform));
  }
}

customElements.define("join-sheet", JoinSheet);
