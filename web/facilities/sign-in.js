/** The door of staff's pages: a token, a person's password, or the house's accounts. Shows nothing of the room. */

/** @import { Desk } from "./desk.js" */

import { h, show } from "../lib/dom.js";
import { t, words } from "../lib/i18n.js";
import { icon } from "../lib/icon.js";
import { whyNot } from "./desk.js";
import { deskKey, field, Outcome } from "./pieces.js";

/** The way back for who came from a panel, which has no other. */
export function backToPanel() {
  const back = h("a", { class: "key", href: "/", onclick: () => sessionStorage.removeItem("from-panel") }, icon("back"), words(h("span"), "desk.to_panel"));
  show(back, sessionStorage.getItem("from-panel") !== null);
  return back;
}

export class SignIn extends HTMLElement {
  /** @param {Desk} desk @param {() => void} entered */
  constructor(desk, entered) {
    super();
    this.desk = desk;
    this.entered = entered;
    this.outcome = new Outcome();
    this.token = h("input", { type: "password", autocomplete: "off", spellcheck: "false" });
    this.person = h("input", { type: "text", autocomplete: "username", spellcheck: "false", maxlength: "64" });
    this.password = h("input", { type: "password", autocomplete: "current-password" });
    const byPassword = this.#form(() => this.#enterAs(), "by-password", field("desk.person", this.person), field("desk.password", this.password));
    this.byPassword = byPassword.form;
    this.byToken = this.#form(() => this.#enter(), "by-token", field("desk.token", this.token), words(h("p", { class: "hint" }), "desk.token_hint"));
    this.house = h("a", { class: "key", href: "/api/v1/sign-in", hidden: true }, icon("person"), words(h("span"), "desk.house"));
    this.append(h("main", { class: "card door" }, words(h("h1"), "desk.title"), this.outcome, this.byPassword, this.byToken.form, this.house, backToPanel()));
  }

  /**
   * @param {() => Promise<unknown>} act
   * @param {string} look
   * @param {...Node} parts
   */
  #form(act, look, ...parts) {
    const key = deskKey("key", "desk.sign_in", "key primary", act);
    key.type = "submit"; // Enter in a field presses it
    return { key, form: h("form", { class: look, onsubmit: (/** @type {Event} */ event) => event.preventDefault() }, ...parts, key) };
  }

  /** @param {string} [why] key of what to say first */
  update(why) {
    const ways = this.desk.session?.ways ?? [];
    show(this.house, ways.includes("house"));
    show(this.byPassword, ways.includes("password"));
    this.byToken.key.classList.toggle("primary", !ways.includes("password"));
    if (why) this.outcome.tell(t(why), false);
  }

  async #enterAs() {
    const name = this.person.value.trim();
    if (!name || !this.password.value) return void (name ? this.password : this.person).focus();
    const found = await this.desk.signInAs(name, this.password.value);
    this.password.value = "";
    if (typeof found !== "string") return this.outcome.tell(whyNot(found), false);
    this.#told(found);
  }

  async #enter() {
    const token = this.token.value.trim();
    if (!token) return void this.token.focus();
    const found = await this.desk.signIn(token);
    if (found !== "unreachable") this.token.value = "";
    this.#told(found);
    if (found !== "in") this.token.focus();
  }

  /** @param {"in" | "nobody" | "too_little" | "unreachable"} found */
  #told(found) {
    this.outcome.tell(found === "in" ? "" : t(`desk.sign_in.${found}`), false);
    if (found === "in") this.entered();
  }
}

customElements.define("desk-sign-in", SignIn);
