/** How a page is passed: shown by a person, looked at before it is kept, done by the room, and what staff have of it. Loaded when there is something to say. */

/** @import { Panel, Problem, ShownPage, ShownStep } from "../lib/room.js" */
/** @import { Arguments, Room } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { language, say, t, words } from "../lib/i18n.js";
import { platformName, walking } from "../lib/labels.js";
import { button } from "./parts.js";

const BEGIN_MS = 50000; // a page that was touched opens anew, within 40 s
const PATIENCE_MS = 8000;
const CONFIRM_MS = 3000;
const DRAFT = "/api/v1/screen/walkthrough";
const KEPT = "/api/v1/walkthroughs";
const PAGE_NAMES = /** @type {const} */ (["lobby", "in_call", "sign_in_required", "passcode_needed", "removed", "ended"]);
const BEING_SHOWN = ["showing", "shown"];

/**
 * Whether this panel may show the room a page, at once or with the staff PIN.
 * @param {Panel} panel
 * @returns {boolean}
 */
function teaches(panel) {
  return !panel.phone && (panel.may("walkthrough.begin") || (panel.staff?.pin === true && !panel.staff.role));
}

/** What is shown, or done, on the page now; and the one thing to do about it. */
export class WalkthroughLine extends HTMLElement {
  #asking = false;

  /** @param {Panel} panel @param {boolean} remote whether it stands beside the room's display, where a page is shown */
  constructor(panel, remote) {
    super();
    this.panel = panel;
    this.remote = remote;
    this.said = h("p", { role: "status" });
    this.begin = button("save", "walkthrough.begin", "key", () => this.#staffed(() => this.#ask("walkthrough.begin", BEGIN_MS)));
    this.discard = button("erase", "walkthrough.discard", "key", () => this.#staffed(() => this.#ask("walkthrough.discard")));
    this.done = button("check", "walkthrough.done", "key", () => this.#staffed(() => panel.open("walkthrough")));
    this.stop = button("minus", "walkthrough.stop", "key", () => void this.#ask("walkthrough.stop"));
    this.append(this.said, this.begin, this.discard, this.done, this.stop);
  }

  /** @param {Room} room */
  update(room) {
    const state = walking(room);
    const { step, steps, reason, by_room } = room.walkthrough ?? { step: null, steps: null, reason: null, by_room: null };
    const may = teaches(this.panel);
    const joining = state === "joining";
    const shown = BEING_SHOWN.includes(state) && may;
    const handed = state === "handed_over" && !this.remote;
    const offered = (state === "offered" || state === "handed_over") && this.remote && may;
    show(this, joining || shown || handed || offered);
    attribute(this, "data-handed", handed);
    attribute(this, "data-offered", offered);
    show(this.said, !offered);
    if (joining) text(this.said, both(t("walkthrough.joining", { step, count: steps }), asShown(by_room)));
    else if (handed) text(this.said, say("walkthrough.handed", reason));
    else if (shown) text(this.said, t(`walkthrough.${state}`, { count: steps ?? 0 }));
    show(this.begin, offered);
    show(this.discard, shown && this.remote);
    show(this.done, shown);
    this.done.classList.toggle("primary", this.remote);
    show(this.stop, joining && this.panel.may("walkthrough.stop"));
    for (const key of [this.begin, this.discard, this.stop]) attribute(key, "aria-busy", this.#asking);
  }

  /** Do what staff may, or ask for their PIN first. @param {() => unknown} act */
  #staffed(act) {
    if (this.panel.may("walkthrough.begin")) void act();
    else this.panel.elevate();
  }

  /**
   * @param {"walkthrough.begin" | "walkthrough.discard" | "walkthrough.stop"} type
   * @param {number} [patience_ms]
   */
  async #ask(type, patience_ms) {
    if (this.#asking && type !== "walkthrough.stop") return;
    this.#asking = true;
    this.panel.refresh();
    await this.panel.ask(type, {}, patience_ms);
    this.#asking = false;
    this.panel.refresh();
  }
}

/** Each step that was shown, with its picture, before it is kept. */
export class WalkthroughReview extends HTMLElement {
  /** @type {ShownStep[] | null} what was fetched */ #steps = null;
  /** @type {number | null} of how many steps */ #count = null;
  /** Pictures of another time are not those of this one. */ #look = 0;
  #asking = false;
  /** Steps by number that were ticked. */
  #ticked = { optional: /** @type {Set<number>} */ (new Set()), person: /** @type {Set<number>} */ (new Set()), texts: /** @type {Set<number>} */ (new Set()) };

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.hint = h("p", { class: "hint" });
    this.steps = h("ol", { class: "shown-steps" });
    this.discard = button("erase", "walkthrough.discard", "key", () => void this.#end("walkthrough.discard"));
    this.keep = button("save", "walkthrough.keep", "key primary", () => void this.#end("walkthrough.keep"));
    this.dock = h("nav", { class: "dock" }, this.discard, this.keep);
    this.append(h("div", { class: "body" }, this.hint, this.steps), this.dock);
  }

  /** Look anew, with nothing ticked. */
  reset() {
    this.#steps = this.#count = null;
    for (const ticked of Object.values(this.#ticked)) ticked.clear();
    this.steps.replaceChildren();
  }

  /** @param {Room} room */
  update(room) {
    const shown = BEING_SHOWN.includes(walking(room));
    const count = shown ? (room.walkthrough.steps ?? 0) : null;
    if (count !== this.#count) {
      this.#count = count;
      if (shown) void this.#load();
    }
    const steps = shown ? (this.#steps ?? []) : [];
    const empty = shown && count === 0;
    const asks = steps.some((step) => step.asks.length > 0);
    text(this.hint, !shown ? t("walkthrough.nothing") : empty ? t("walkthrough.empty") : [t("walkthrough.review"), asks ? t("walkthrough.texts") : ""].join(" ").trim());
    const rows = steps.map((step, index) => ({ ...step, number: index + 1 }));
    keyed(this.steps, rows, ({ number }) => `${this.#look} ${number}`, (step) => this.#row(step), (row, step) => this.#draw(row, step));
    show(this.dock, shown);
    this.keep.disabled = steps.length === 0 || steps.length !== count;
    for (const key of [this.keep, this.discard]) attribute(key, "aria-busy", this.#asking);
  }

  /** @param {ShownStep & {number: number}} step */
  #row({ number, pictures, asks }) {
    const picture = h("img", { alt: t("walkthrough.picture", { step: number }), src: pictures > 0 ? `${DRAFT}/${number}/picture?look=${this.#look}` : null, hidden: pictures === 0 });
    const chips = h("div", { class: "chips" }, this.#chip("person", number), this.#chip("optional", number));
    if (asks.length > 0) chips.append(this.#chip("texts", number));
    return h("li", {}, h("span", { class: "looks" }, picture), h("div", { class: "what" }, h("p"), chips));
  }

  /**
   * @param {HTMLElement} row
   * @param {ShownStep & {number: number}} step
   */
  #draw(row, step) {
    attribute(row.querySelector("img") ?? row, "alt", t("walkthrough.picture", { step: step.number }));
    text(/** @type {Element} */ (row.querySelector("p")), t("walkthrough.step", { step: step.number, does: done(step) }));
    const count = step.asks.reduce((sum, length) => sum + length, 0);
    const said = { person: t("walkthrough.asks_person"), optional: t("walkthrough.optional"), texts: t("walkthrough.keep_text", { count }) };
    for (const chip of row.querySelectorAll("button")) {
      const tick = /** @type {keyof typeof said} */ (chip.name);
      text(/** @type {Element} */ (chip.lastElementChild), said[tick]);
      attribute(chip, "aria-pressed", String(this.#ticked[tick].has(step.number)));
    }
  }

  /**
   * @param {"person" | "optional" | "texts"} tick
   * @param {number} number
   */
  #chip(tick, number) {
    const turn = () => {
      const ticked = this.#ticked[tick];
      if (!ticked.delete(number)) ticked.add(number);
      this.panel.refresh();
    };
    return h("button", { type: "button", class: "chip", name: tick, onclick: turn }, icon("check"), h("span"));
  }

  async #load() {
    const count = this.#count;
    const found = /** @type {Partial<ShownPage & Problem>} */ (await asked(DRAFT));
    if (count !== this.#count) return; // another step came meanwhile, and is on its way
    this.#look += 1;
    this.#steps = found.steps ?? null;
    if (!found.steps) {
      this.#count = null; // looked at anew with the next change
      this.panel.tell(say("error", found.code ?? "failed"));
      return;
    }
    this.panel.refresh();
  }

  /** @param {"walkthrough.keep" | "walkthrough.discard"} type */
  async #end(type) {
    if (this.#asking) return;
    if (!this.panel.may(type)) return this.panel.elevate();
    this.#asking = true;
    this.panel.refresh();
    const { optional, person, texts } = this.#ticked;
    /** @type {Arguments["walkthrough.keep"]} */ const ticks = { optional: [...optional], person: [...person], texts: [...texts] };
    const keeps = type === "walkthrough.keep";
    const { status } = await (keeps ? this.panel.ask("walkthrough.keep", ticks) : this.panel.ask("walkthrough.discard"));
    this.#asking = false;
    if (status !== "done") return this.panel.refresh();
    if (keeps) this.panel.tell(t("walkthrough.kept"), "check");
    this.panel.open(null);
  }
}

/** What a picture says that staff have taken of a page: a lobby, or what stands in the way. */
export class PictureNaming extends HTMLElement {
  #look = 0;
  #asking = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.picture = h("img", { alt: "" });
    this.keys = PAGE_NAMES.map((says) => words(h("button", { type: "button", class: "key", onclick: () => void this.#name(says) }), `page_name.${says}`));
    this.cancel = button("erase", "page_name.cancel", "key", () => panel.open("remote_control"));
    const body = h("div", { class: "body" }, words(h("p", { class: "hint" }), "page_name.hint"), h("span", { class: "looks" }, this.picture), h("div", { class: "page-names" }, ...this.keys));
    this.append(body, h("nav", { class: "dock" }, this.cancel));
    this.reset();
  }

  /** Show what was picked last. */
  reset() {
    this.#look += 1;
    this.picture.src = `${DRAFT}/picked/picture?look=${this.#look}`;
  }

  update() {
    attribute(this.picture, "alt", t("page_name.picture"));
    for (const key of this.keys) attribute(key, "aria-busy", this.#asking);
  }

  /** @param {typeof PAGE_NAMES[number]} says */
  async #name(says) {
    if (this.#asking) return;
    this.#asking = true;
    this.panel.refresh();
    const { status } = await this.panel.ask("walkthrough.name", { says });
    this.#asking = false;
    if (status !== "done") return this.panel.refresh();
    this.panel.tell(t("page_name.kept"), "check");
    this.panel.open(null);
  }
}

/** The pages that the room was shown, for staff: what came of each, and its end. */
export class WalkthroughList extends HTMLElement {
  /** @type {ShownPage[] | null} */ #pages = null;
  /** @type {string | null} the one that the next touch forgets */ #doomed = null;
  #sparing = 0;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.none = words(h("p", { class: "hint" }), "walkthroughs.none");
    this.rows = h("ul", { class: "shown-pages" });
    this.append(h("div", { class: "body" }, this.none, this.rows));
  }

  /** Look anew. */
  reset() {
    this.#spare();
    void this.#load();
  }

  /** @param {Room} room */
  update(room) {
    show(this.none, this.#pages?.length === 0);
    keyed(this.rows, this.#pages ?? [], ({ name }) => name, ({ name }) => this.#row(name), (row, page) => {
      const [head, shown, tries] = row.querySelectorAll(".what > *");
      text(head, `${page.name} · ${platformName(room, page.platform)}`);
      text(shown, this.#shown(page));
      text(tries, both(t("walkthroughs.tries", { count: page.tries, misses: page.misses }), page.given_up ? t("walkthroughs.given_up") : ""));
      const forget = /** @type {HTMLButtonElement} */ (row.querySelector("button"));
      const doomed = this.#doomed === page.name;
      attribute(forget, "data-armed", doomed);
      text(/** @type {Element} */ (forget.querySelector(".label")), t(doomed ? "walkthroughs.sure" : "walkthroughs.forget"));
      show(forget, this.panel.may("walkthrough.begin"));
    });
  }

  /** @param {ShownPage} page */
  #shown({ by, at, by_room }) {
    const { clock } = this.panel;
    if (at === null) return t("walkthroughs.from");
    const shown = t("walkthroughs.by", { by, day: clock.day(language(), at, "short"), time: clock.hourMinute(at) });
    return both(shown, asShown(by_room));
  }

  /** @param {string} name */
  #row(name) {
    const label = h("span", { class: "label" });
    const forget = h("button", { type: "button", class: "key remove", onclick: () => void this.#forget(name) }, icon("erase"), label);
    return h("li", {}, h("div", { class: "what" }, h("b"), h("small"), h("small")), forget);
  }

  /** @param {string} name */
  async #forget(name) {
    const sure = this.#doomed === name;
    this.#spare();
    if (sure) {
      const { code } = await asked(`${KEPT}/${encodeURIComponent(name)}`, "DELETE");
      if (code) this.panel.tell(say("error", code));
      return this.#load();
    }
    this.#doomed = name;
    this.#sparing = Number(setTimeout(() => this.#spare(), CONFIRM_MS));
    this.panel.refresh();
  }

  /** Forget a first touch of Forget. */
  #spare() {
    clearTimeout(this.#sparing);
    this.#doomed = null;
    this.panel.refresh();
  }

  async #load() {
    const found = await asked(KEPT);
    if (Array.isArray(found)) this.#pages = found;
    else this.panel.tell(say("error", found.code ?? "failed"));
    this.panel.refresh();
  }
}

/**
 * Whose it was: of another room, whose name stands apart from what is around it in whatever direction it is written.
 * @param {string | null | undefined} room its name; empty: nobody signed it; null: this one
 * @returns {string}
 */
function asShown(room) {
  if (room == null) return "";
  return room ? t("walkthrough.as_shown", { room: `\u2068${room}\u2069` }) : t("walkthrough.unsigned");
}

/** @param {string} first @param {string} second of which there may be none */
const both = (first, second) => (second ? `${first} · ${second}` : first);

/**
 * What is done at a step, in words.
 * @param {ShownStep} step
 * @returns {string}
 */
function done({ does }) {
  return [t("walkthrough.press"), ...does.map(act)].join(" · ");
}

/** @param {string} does as a file says it: "type {name}", "key enter", "text …" */
function act(does) {
  const [kind, rest] = [does.slice(0, does.indexOf(" ")), does.slice(does.indexOf(" ") + 1)];
  if (kind === "type") return say("walkthrough.type", rest.replace(/[{}]/g, ""));
  if (kind === "text") return t("walkthrough.text", { text: rest });
  return t("walkthrough.key", { key: t(`remote_control.${rest === "back" ? "page_back" : rest}`) });
}

/**
 * @param {string} url
 * @param {"GET" | "DELETE"} [method]
 * @returns {Promise<any>} what was answered; with a `code` if it was refused
 */
async function asked(url, method = "GET") {
  try {
    const answer = await fetch(url, { method, signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.status === 204 ? {} : await answer.json();
  } catch {
    return { code: "unconfirmed" };
  }
}

customElements.define("walkthrough-line", WalkthroughLine);
customElements.define("picture-naming", PictureNaming);
customElements.define("walkthrough-review", WalkthroughReview);
customElements.define("walkthrough-list", WalkthroughList);
