/** Joining by number, name or link: typed on the panel's own keys or pasted, on the platform it is likely of, or by a favourite. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Arguments, Favourite, Platform, Room } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { named, say, t, words } from "../lib/i18n.js";
import { complaint, endedWords, platformName } from "../lib/labels.js";
import { candidates, digitsOf, kindOf, likely, spacedAs } from "../lib/likely.js";
import { PhoneCode } from "../lib/phone-code.js";
import { KeyBoard, typing } from "./keyboard.js";
import { button, hasEnded, Instead, OPEN_MS } from "./parts.js";

const LONGEST = { entry: 16384, passcode: 64 };
const CHIP_REM = 8.5; // a platform's key, with its name on one line
const ASKED = 3; // so many large keys at most where a number may be of several platforms
const SHARES = [1, 0.8, 0.66, 0.5, 0.4]; // of the size of a number, until the whole of it is to be seen
const READ_MS = 300; // after the last change of an invitation

export class JoinSheet extends HTMLElement {
  /** @type {string | null} the platform that a person chose here */ #chosen = null;
  #opening = false;
  /** Whether the blanks in the number are ours. */ #spaced = false;
  #all = false;
  /** @type {{platform: string | null} | null} what was asked for, and has ended */ #ended = null;
  /** @type {Room | null} */ #room = null;
  /** @type {{link: string, said: string, platform: string | null} | null} what the room makes of an invitation */ #found = null;
  #pasted = false;
  #reading = 0;
  #before = "";
  #fitted = "";

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    const plain = { autocomplete: "off", autocapitalize: "off", autocorrect: "off", spellcheck: "false" };
    // An invitation has lines, which an input would run together: link, number and passcode in one.
    this.entry = h("textarea", { ...plain, rows: "1", wrap: "off", name: "join.number", maxlength: LONGEST.entry });
    this.passcode = h("input", { ...plain, type: "text", name: "join.passcode", maxlength: LONGEST.passcode });
    /** @type {HTMLInputElement | HTMLTextAreaElement} */ this.typed = this.entry;
    for (const field of [this.entry, this.passcode]) {
      field.addEventListener("focus", () => this.#into(field));
      field.addEventListener("input", () => this.#written());
    }
    this.picture = h("img", { alt: "" });
    this.code = new PhoneCode(this.picture, () => panel.refresh());
    this.hint = h("p", { class: "hint" });
    this.say = h("p", { class: "say", role: "alert" });
    this.beside = h("div", { class: "told" }, this.picture, this.hint, this.say);
    const fields = h("div", { class: "entered" }, this.#labelled("join.number", this.entry), this.#labelled("join.passcode", this.passcode));
    this.first = named(h("div", { class: "platforms", role: "group" }), "join.platform");
    this.moreWords = h("b");
    this.moreHint = h("small");
    this.more = h("button", { type: "button", class: "chip more", onclick: () => this.#turn(!this.#all) }, this.moreWords, this.moreHint);
    this.rest = named(h("div", { class: "platforms", role: "group" }), "join.platform");
    this.favourites = h("div", { class: "favourites" });
    this.every = h("div", { class: "every" }, this.rest, this.favourites);
    this.goWords = h("span", { class: "label" });
    this.goOn = h("span", { class: "hint" });
    this.go = h("button", { type: "button", class: "key primary go", onclick: () => void this.#join() }, icon("meeting"), h("span", {}, this.goWords, this.goOn));
    this.instead = new Instead(panel, "key primary anew");
    const clear = button("minus", "join.clear", "key word clear", () => this.#edit(() => ""));
    const edit = (/** @type {(value: string) => string} */ change) => this.#edit(change);
    this.board = new KeyBoard(edit, [clear, this.instead.key, this.go]);
    this.append(h("div", { class: "entering" }, fields, this.beside), h("div", { class: "choice" }, this.first, this.more), this.every, this.board);
    typing(this, edit, () => void this.#join());
  }

  /** Begin anew. */
  reset() {
    this.entry.value = this.passcode.value = "";
    this.#spaced = this.#all = false;
    this.#chosen = this.#found = null;
    this.#before = "";
    this.board.reset();
    this.#say("");
    this.#into(this.entry);
  }

  /** @param {Room} room */
  update(room) {
    this.#room = room;
    if (!this.panel.phone && this.checkVisibility()) this.code.freshen();
    show(this.go, !this.instead.update(room, this.#ended));
    const own = getComputedStyle(this.board.children[0]).display === "none"; // so small a panel has keys of its own
    for (const field of [this.entry, this.passcode]) attribute(field, "inputmode", own ? "text" : "none");
    const all = joinable(room);
    const fit = fitting();
    const chosen = this.#platform(room);
    const asked = this.#asked(room);
    const [first, rest] = asked.length > 0
      ? [asked.slice(0, ASKED), all.filter((one) => !asked.slice(0, ASKED).includes(one))]
      : all.length <= fit && room.favourites.length === 0 ? [all, []] : [all.slice(0, fit - 1), all.slice(fit - 1)];
    const waits = asked.length > 0 && !chosen;
    text(this.goWords, t(this.#opening ? "home.joining" : waits ? "join.which" : "join.go"));
    text(this.goOn, chosen && this.entry.value !== "" ? platformName(room, chosen.key) : "");
    attribute(this.go, "aria-busy", this.#opening);
    attribute(this.go, "aria-disabled", waits);
    this.go.classList.toggle("primary", !waits);
    attribute(this.first, "data-which", asked.length > 0);
    this.#platforms(this.first, first, chosen);
    this.#platforms(this.rest, rest, chosen);
    const beyond = rest.find((one) => one.key === chosen?.key);
    show(this.more, rest.length > 0 || room.favourites.length > 0);
    text(this.moreWords, beyond ? platformName(room, beyond.key) : t("join.more"));
    text(this.moreHint, beyond ? t("join.more") : "");
    attribute(this.more, "aria-expanded", String(this.#all));
    attribute(this.more, "data-beyond", beyond !== undefined);
    show(this.every, this.#all);
    show(this.board, !this.#all);
    keyed(this.favourites, room.favourites, (one) => one.name, (one) => this.#favourite(one), (key, one) => text(key, one.name));
    show(this.favourites, room.favourites.length > 0);
    attribute(this.passcode, "placeholder", t(chosen?.passcode_needed ? "join.needed" : "join.optional"));
    this.#tell(chosen, waits);
    this.#mark();
  }

  /**
   * What stands beside the number: what went wrong, else the question whose it is, else what an invitation says, else
   * what the platform needs, else how a phone helps.
   * @param {Platform | undefined} chosen
   * @param {boolean} asks
   */
  #tell(chosen, asks) {
    const said = this.say.textContent !== "";
    const code = this.code.stands && !this.panel.phone && !this.panel.stale;
    const link = kindOf(this.entry.value) === "link";
    const byLink = chosen?.number === "link" && !link;
    const toShow = chosen?.number === "to_show" && !link;
    show(this.say, said);
    const found = link && this.#found?.link === this.#text ? this.#found.said : "";
    const first = asks ? t(kindOf(this.#text) === "name" ? "join.ask_name" : "join.ask_number") : found;
    show(this.picture, code && !said && !toShow && first === "");
    attribute(this.picture, "alt", t("join.code"));
    show(this.hint, !said);
    attribute(this.hint, "data-strong", first !== "");
    text(this.hint, first || t(toShow ? "join.show_once" : byLink ? (code ? "join.link_scan" : "join.link_only") : code ? "join.scan" : "join.how"));
  }

  /**
   * @param {HTMLElement} place
   * @param {Platform[]} some
   * @param {Platform | undefined} chosen
   */
  #platforms(place, some, chosen) {
    const sure = this.#chosen !== null;
    keyed(place, some, (one) => one.key, (one) => h("button", { type: "button", class: "chip", onclick: () => this.#choose(one) }, icon("check"), h("span", {}, h("b"), h("small"))), (chip, one) => {
      const on = one.key === chosen?.key;
      const [name, more] = chip.children[1].children;
      text(name, platformName(/** @type {Room} */ (this.#room), one.key));
      const note = one.number === "link" ? "join.by_link" : one.number === "to_show" ? "join.to_show" : on && !sure && this.#likely() === one.key ? "join.likely" : "";
      text(more, note && t(note));
      attribute(chip, "aria-pressed", String(on));
    });
  }

  /** What was typed, without the blanks that are ours. */
  get #text() {
    const { value } = this.entry;
    return this.#spaced ? value.replaceAll(" ", "") : value;
  }

  #likely() {
    return this.#room && likely(this.#text, joinable(this.#room));
  }

  /**
   * What a person chose, else what an invitation says, else what the number looks like, else the room's own: never one that
   * has no numbers for a number, and none where several others write theirs so.
   * @param {Room} room
   */
  #platform(room) {
    const all = joinable(room);
    const kind = kindOf(this.#text);
    if (kind === "link") return all.find((one) => this.#found?.link === this.#text && one.key === this.#found.platform);
    const key = this.#chosen ?? this.#likely();
    const known = all.find((one) => one.key === key);
    if (known || candidates(this.#text, all).length > 0) return known;
    const own = all.find((one) => one.default) ?? (all.length === 1 ? all[0] : undefined);
    return kind === "number" && own?.digits.length === 0 ? undefined : own;
  }

  /** The platforms that a number or a name may be of, where nothing tells which; they stay while one of them is chosen. @param {Room} room */
  #asked(room) {
    const all = joinable(room);
    const may = this.#likely() === null ? candidates(this.#text, all) : [];
    return may.length > 1 && (this.#chosen === null || may.some((one) => one.key === this.#chosen)) ? may : [];
  }

  /**
   * @param {string} key
   * @param {HTMLInputElement | HTMLTextAreaElement} field
   */
  #labelled(key, field) {
    return h("label", {}, words(h("span"), key), field);
  }

  /** Write into a field from now on. @param {HTMLInputElement | HTMLTextAreaElement} field */
  #into(field) {
    this.typed = field;
    this.#mark();
  }

  /** @param {(value: string) => string} change */
  #edit(change) {
    if (this.typed === this.entry) this.#put(change(this.#text));
    else this.passcode.value = change(this.passcode.value).slice(0, LONGEST.passcode);
    this.typed.setSelectionRange(this.typed.value.length, this.typed.value.length);
    this.typed.scrollLeft = this.typed.scrollWidth;
    this.#changed();
  }

  /** Show a number in groups, and anything else as it is. @param {string} typed */
  #put(typed) {
    this.#spaced = false;
    this.entry.value = typed.slice(0, LONGEST.entry);
    if (!/^\d{4,}$/.test(typed)) return;
    const room = this.#room;
    this.entry.value = spacedAs(typed, (room && (this.#platform(room) ?? this.#asked(room)[0])?.groups) ?? []);
    this.#spaced = true;
  }

  /** Something was typed or pasted into a field itself. */
  #written() {
    const { value, selectionStart } = this.entry;
    const digits = /^\d[\d ]*$/.test(value) && (this.#spaced || !value.includes(" "));
    if (!digits) this.#spaced = false;
    else if (this.typed === this.entry && selectionStart === value.length) this.#put(value.replaceAll(" ", ""));
    this.#changed();
  }

  #changed() {
    this.#say("");
    const { value } = this.entry;
    this.#pasted = !this.#before.startsWith(value) && !(value.startsWith(this.#before) && value.length === this.#before.length + 1);
    this.#before = value;
    clearTimeout(this.#reading);
    if (kindOf(this.#text) === "link") this.#reading = Number(setTimeout(() => void this.#read(), READ_MS));
    this.panel.refresh();
  }

  /** Ask the room what it makes of an invitation. What nobody can join is said of a pasted one: a typed one is not whole yet. */
  async #read() {
    const link = this.#text;
    const pasted = this.#pasted;
    const { status, result } = await this.panel.quietly("meeting.read", { link });
    if (status !== "done" || !result || link !== this.#text || !this.#room) return;
    const { platform, number, refused } = /** @type {Record<string, string | null>} */ (result);
    const facts = [platformName(this.#room, platform), number && this.#grouped(number, platform), result.passcode ? t("join.with_passcode") : ""];
    const said = refused ? (pasted ? say("refused", refused) : "") : t("join.found", { what: facts.filter(Boolean).join(" · ") });
    this.#found = { link, said, platform: refused ? null : platform };
    this.panel.refresh();
  }

  /** @param {string} number @param {string | null} platform */
  #grouped(number, platform) {
    const groups = this.#room?.platforms.find((one) => one.key === platform)?.groups ?? [];
    return /^\d{4,}$/.test(number) ? spacedAs(number, groups) : number;
  }

  /** Show which field the keys write into, and how long its text is. */
  #mark() {
    for (const field of [this.entry, this.passcode]) attribute(field.parentElement ?? field, "data-typed", field === this.typed);
    attribute(this.entry, "data-long", this.entry.value.length > 16 && kindOf(this.entry.value) !== "number");
    this.#fit();
  }

  /** Write as large as the whole of it is to be seen. */
  #fit() {
    const { entry } = this;
    const drawn = `${entry.value} ${entry.clientWidth}`;
    if (entry.clientWidth === 0 || drawn === this.#fitted) return;
    this.#fitted = drawn;
    for (const share of SHARES) {
      entry.style.setProperty("--share", String(share));
      if (entry.scrollWidth <= entry.clientWidth) break;
    }
  }

  /** @param {Platform} platform */
  #choose(platform) {
    this.#chosen = platform.key;
    this.#all = false;
    if (this.#spaced) this.#put(this.#text);
    this.#changed();
  }

  /** @param {boolean} all */
  #turn(all) {
    this.#all = all;
    this.panel.refresh();
  }

  /** @param {Favourite} favourite */
  #favourite(favourite) {
    return h("button", { type: "button", class: "key small", onclick: () => void this.#open({ favourite: favourite.name }) });
  }

  async #join() {
    const room = this.#room;
    const typed = this.#text.trim();
    const kind = kindOf(typed);
    if (!room || this.#opening) return;
    if (kind === "") return this.#stop("join.empty");
    if (kind === "link") return this.#open({ link: typed });
    const platform = this.#platform(room);
    if (!platform) return this.#stop("join.choose");
    const passcode = this.passcode.value.trim();
    if (platform.passcode_needed && !passcode) {
      this.#into(this.passcode);
      return this.#stop("join.passcode_first");
    }
    const number = kind === "number" ? digitsOf(typed) : typed;
    return this.#open({ number, platform: platform.key, ...(passcode ? { passcode } : {}) });
  }

  /** @param {Arguments["meeting.join"]} args */
  async #open(args) {
    if (this.#opening || !this.panel.mayBegin()) return;
    this.#opening = true;
    this.#all = false;
    this.#say("");
    this.panel.refresh();
    const outcome = await this.panel.attempt("meeting.join", args, OPEN_MS);
    this.#opening = false;
    this.#say(complaint(outcome) ?? "");
    if (hasEnded(outcome)) this.#offer(args.platform ?? null);
    this.panel.refresh();
  }

  /** @param {string} why */
  #stop(why) {
    this.#say(t(why));
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

/** The platforms that can be joined here: the room's own first, then those it starts meetings on, then those that a number opens. @param {Room} room */
function joinable({ platforms }) {
  const weight = (/** @type {Platform} */ one) => (one.default ? 0 : one.new ? 1 : one.by_number ? 2 : one.number === "to_show" ? 3 : 4);
  return platforms.filter((one) => one.number !== "none").sort((one, other) => weight(one) - weight(other));
}

/** How many platforms' keys stand there without more of them. */
function fitting() {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const row = Math.max(3, Math.floor((innerWidth / rem - 2) / CHIP_REM));
  return innerHeight > innerWidth ? 2 * row : row;
}

customElements.define("join-sheet", JoinSheet);
