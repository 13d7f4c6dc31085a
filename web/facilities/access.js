/** Who can get in: tokens, which are shown once, browsers that were let in, and links that let one in. */

/** @import { SessionModel, CreatedToken } from "../lib/types.js" */
/** @import { Desk } from "./desk.js" */

import { h, show, text } from "../lib/dom.js";
import { t, words } from "../lib/i18n.js";
import { card, choice, deskKey, DeskTable, field, moment, Outcome, TwicePressed } from "./pieces.js";

/** @typedef {Omit<CreatedToken, "token">} TokenModel */

const SCOPES = ["read", "auditor", "operate", "facilities", "technician", "sensor", "integration", "admin"];
const MAY = ["mute", "meet", "book", "undo", "move", "stop", "operate", "arrange", "message", "statistics", "pictures", "view", "listen", "report"];
const PAIRED = ["panel", "door", "screen"];

export class AccessView extends HTMLElement {
  /** @type {TokenModel[]} */ #tokens = [];
  /** @type {SessionModel[]} */ #sessions = [];

  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    this.told = new Outcome();
    this.ended = new Outcome();
    /** @type {DeskTable<TokenModel>} */ this.tokens = new DeskTable("desk.tokens", (one) => one.name, [
      { key: "desk.name", say: (one) => one.name },
      { key: "desk.role", say: (one) => t(`desk.role.${one.scope}`) + (one.may.length > 0 ? ` (${one.may.map((right) => t(`desk.right.${right}`)).join(t("desk.and"))})` : "") },
      { key: "desk.made", less: true, say: (one) => moment(desk, one.made), look: "when" },
      { key: "desk.used", less: true, say: (one) => one.used ?? t("desk.never"), look: "when" },
      { key: "desk.expires", less: true, say: (one) => (one.expires ? moment(desk, one.expires) : t("desk.never")), look: "when" },
      { key: "desk.act", fill: (cell, one) => this.#revoke(cell, one), look: "acts" },
    ], "desk.no_tokens");
    /** @type {DeskTable<SessionModel>} */ this.sessions = new DeskTable("desk.sessions", (one) => one.id, [
      { key: "desk.session", say: (one) => one.id },
      { key: "desk.role", say: (one) => t(`desk.role.${one.role}`) },
      { key: "desk.made", less: true, say: (one) => one.made, look: "when" },
      { key: "desk.used", less: true, say: (one) => one.used, look: "when" },
      { key: "desk.ends", less: true, say: (one) => (one.ends_in_s === null ? t("desk.unused_90") : t("desk.in_minutes", { count: Math.ceil(one.ends_in_s / 60) })), look: "when" },
      { key: "desk.act", fill: (cell, one) => this.#end(cell, one), look: "acts" },
    ], "desk.no_sessions");
    this.append(card("desk.tokens", this.told, this.#shownOnce(), this.tokens), this.#form(), card("desk.sessions", this.ended, this.sessions), this.#pairing());
  }

  async load() {
    const [tokens, sessions] = await Promise.all([this.desk.ask("GET", "/api/v1/tokens"), this.desk.ask("GET", "/api/v1/sessions")]);
    if (tokens.ok) this.#tokens = tokens.value;
    if (sessions.ok) this.#sessions = sessions.value;
    this.update();
  }

  update() {
    this.tokens.update(this.#tokens);
    this.sessions.update(this.#sessions);
  }

  /** Where a new token stands until it is put away; it is asked for and kept nowhere else. */
  #shownOnce() {
    this.secret = h("output", { class: "secret" });
    const copy = deskKey("save", "desk.copy", "key", async () => {
      const range = document.createRange();
      range.selectNodeContents(/** @type {Node} */ (this.secret));
      getSelection()?.removeAllRanges();
      getSelection()?.addRange(range);
      await navigator.clipboard?.writeText(this.secret?.textContent ?? "").catch(() => {}); // over plain http it stays selected
    });
    const away = deskKey("check", "desk.put_away", "key", async () => this.#showSecret(""));
    this.once = h("div", { class: "once", hidden: true }, words(h("p"), "desk.shown_once"), this.secret, h("p", { class: "keys" }, copy, away));
    return this.once;
  }

  /** @param {string} secret */
  #showSecret(secret) {
    if (this.secret) text(this.secret, secret);
    if (this.once) show(this.once, secret !== "");
  }

  #form() {
    const name = h("input", { type: "text", autocomplete: "off", maxlength: "64", required: true });
    const scope = choice(SCOPES, (one) => `desk.role.${one}`);
    const days = h("input", { type: "number", min: "1", max: "3660", inputmode: "numeric" });
    const boxes = MAY.map((right) => h("label", { class: "tick" }, h("input", { type: "checkbox", value: right }), words(h("span"), `desk.right.${right}`)));
    const may = h("fieldset", { hidden: true }, words(h("legend"), "desk.may"), ...boxes);
    scope.addEventListener("change", () => show(may, scope.value === "integration"));
    const done = new Outcome();
    const make = async () => {
      const ticked = scope.value === "integration" ? boxes.map((box) => /** @type {HTMLInputElement} */ (box.firstElementChild)).filter((box) => box.checked).map((box) => box.value) : [];
      const answer = await this.desk.ask("POST", "/api/v1/tokens", { name: name.value.trim(), scope: scope.value, days: days.value ? Number(days.value) : null, may: ticked });
      if (!done.answer(answer, "desk.token_made")) return;
      /** @type {CreatedToken} */ const made = answer.value;
      this.#showSecret(made.token);
      this.once?.scrollIntoView({ block: "center" });
      name.value = days.value = "";
      await this.load();
    };
    const key = deskKey("plus", "desk.make", "key primary", make);
    key.type = "submit"; // Enter in a field presses it
    const fields = h("div", { class: "fields" }, field("desk.name", name), field("desk.role", scope), field("desk.days", days), may);
    return card("desk.new_token", h("form", { onsubmit: (/** @type {Event} */ event) => event.preventDefault() }, fields, done, h("p", { class: "keys" }, key)));
  }

  #pairing() {
    const role = choice(PAIRED, (one) => `desk.pair.${one}`);
    const done = new Outcome();
    const link = h("output", { class: "secret", hidden: true });
    const offer = deskKey("plus", "desk.pair_link", "key", async () => {
      const answer = await this.desk.ask("POST", "/api/v1/pairings", { role: role.value });
      if (!done.answer(answer, "desk.pair_made")) return;
      /** @type {{link: string | null, path: string}} */ const offered = answer.value;
      text(link, offered.link ?? location.origin + offered.path);
      show(link, true);
    });
    return card("desk.pairing", words(h("p", { class: "hint" }), "desk.pair_hint"), h("div", { class: "fields" }, field("desk.pair_what", role)), done, link, h("p", { class: "keys" }, offer));
  }

  /**
   * @param {HTMLElement} cell
   * @param {TokenModel} one
   */
  #revoke(cell, { name }) {
    if (cell.firstElementChild) return;
    cell.append(new TwicePressed("desk.revoke", "desk.again", async () => {
      this.told.answer(await this.desk.ask("DELETE", `/api/v1/tokens/${encodeURIComponent(name)}`), "desk.revoked");
      await this.load();
    }));
  }

  /**
   * @param {HTMLElement} cell
   * @param {SessionModel} one
   */
  #end(cell, { id }) {
    if (cell.firstElementChild) return;
    cell.append(new TwicePressed("desk.end", "desk.again", async () => {
      this.ended.answer(await this.desk.ask("DELETE", `/api/v1/sessions/${encodeURIComponent(id)}`), "desk.session_ended");
      await this.load();
    }));
  }
}

customElements.define("desk-access", AccessView);
