/** The room's configuration from afar: its revisions, a room.toml that is checked and applied, and the way back. */

/** @import { ConfigHistory, ConfigJudgement, ConfigMistake, ConfigRevisionModel } from "../lib/types.js" */
/** @import { Desk } from "./desk.js" */

import { h, show } from "../lib/dom.js";
import { t, words } from "../lib/i18n.js";
import { searchCard } from "./search.js";
import { card, choice, deskKey, DeskTable, field, mark, moment, Outcome, TwicePressed } from "./pieces.js";

export const WHEN = ["free", "now"];
/** @typedef {ConfigRevisionModel & {first?: boolean}} Kept */

export class ConfigurationView extends HTMLElement {
  /** @type {ConfigHistory | null} */ #history = null;
  /** @type {ConfigMistake[]} */ #mistakes = [];

  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    this.told = new Outcome();
    this.done = new Outcome();
    this.when = choice(WHEN, (one) => `desk.when.${one}`);
    /** @type {DeskTable<Kept>} */ this.revisions = new DeskTable("desk.revisions", (one) => String(one.number), [
      { key: "desk.revision", fill: (cell, one) => this.#name(cell, one) },
      { key: "desk.at", less: true, say: (one) => (one.number === 0 ? "–" : moment(desk, one.at)), look: "when" },
      { key: "desk.who", less: true, say: (one) => one.who || "–" },
      { key: "desk.reason", less: true, say: (one) => one.why || "–", look: "wide" },
      { key: "desk.act", fill: (cell, one) => this.#back(cell, one), look: "acts" },
    ], "desk.no_revisions");
    this.append(card("desk.revisions", this.told, h("div", { class: "fields" }, field("desk.when_head", this.when)), this.revisions), searchCard(desk, (lines) => this.#add(lines)), this.#editor());
  }

  /**
   * Add lines to the text; where there is none yet, to the one that counts now.
   * @param {(text: string) => string} lines
   */
  async #add(lines) {
    const source = /** @type {HTMLTextAreaElement} */ (this.querySelector("textarea"));
    if (!source.value.trim()) {
      const answer = await this.desk.ask("GET", "/api/v1/config/text");
      if (!this.done.answer(answer, "desk.search.added")) return;
      source.value = await answer.value.text();
    }
    source.value = `${source.value.trimEnd()}\n\n${lines(source.value)}`;
    this.done.tell(t("desk.search.added"));
    source.focus();
  }

  async load() {
    const answer = await this.desk.ask("GET", "/api/v1/config");
    if (answer.ok) this.#history = answer.value;
    this.update();
  }

  update() {
    const file = { number: 0, at: "", who: "", why: "", sha256: "" };
    this.revisions.update(this.#history ? [...[...this.#history.revisions].reverse(), file] : []);
    this.mistakes?.update(this.#mistakes);
  }

  /**
   * @param {HTMLElement} cell
   * @param {Kept} one
   */
  #name(cell, one) {
    const { running, wanted } = /** @type {ConfigHistory} */ (this.#history);
    const name = one.number === 0 ? "room.toml" : t("desk.revision_number", { number: one.number });
    if (one.number === running) mark(cell, "free", `${name} · ${t("desk.running")}`);
    else if (one.number === wanted) mark(cell, "soon", `${name} · ${t("desk.wanted")}`);
    else cell.replaceChildren(name);
  }

  /**
   * @param {HTMLElement} cell
   * @param {Kept} one
   */
  #back(cell, { number }) {
    if (!cell.firstElementChild) {
      cell.append(new TwicePressed("desk.run_again", "desk.again", async () => {
        const answer = await this.desk.ask("POST", "/api/v1/config/rollback", { revision: number, when: this.when.value });
        this.told.answer(answer, "desk.rolled_back");
        await this.load();
      }));
    }
    show(/** @type {HTMLElement} */ (cell.firstElementChild), number !== this.#history?.running);
  }

  #editor() {
    const source = h("textarea", { rows: "14", spellcheck: "false", autocomplete: "off", class: "code" });
    const file = h("input", { type: "file", accept: ".toml,text/plain", onchange: async () => {
      const chosen = file.files?.[0];
      if (chosen) source.value = await chosen.text();
    } });
    const why = h("input", { type: "text", maxlength: "200", autocomplete: "off" });
    const when = choice(WHEN, (one) => `desk.when.${one}`);
    const done = this.done;
    /** @type {DeskTable<ConfigMistake>} */ const mistakes = new DeskTable("desk.mistakes", (one) => `${one.line} ${one.key} ${one.why}`, [
      { key: "desk.line", say: (one) => (one.line === null ? "–" : String(one.line)), look: "number" },
      { key: "desk.key", fill: (cell, one) => cell.replaceChildren(h("code", {}, one.key || "room.toml")) },
      { key: "desk.mistake", say: (one) => one.why, look: "wide" },
    ], "desk.no_mistakes");
    this.mistakes = mistakes;
    show(mistakes, false);
    const check = async () => {
      const answer = await this.desk.ask("POST", "/api/v1/config/check", { text: source.value });
      if (!done.answer(answer, "desk.checked")) return false;
      /** @type {ConfigJudgement} */ const judged = answer.value;
      this.#mistakes = judged.mistakes;
      show(mistakes, !judged.ok);
      mistakes.update(this.#mistakes);
      done.tell(judged.ok ? t("desk.checked") : t("desk.mistaken", { count: judged.mistakes.length }), judged.ok);
      return judged.ok;
    };
    const apply = new TwicePressed("desk.apply", "desk.again", async () => {
      if (!(await check())) return;
      done.answer(await this.desk.ask("POST", "/api/v1/config", { text: source.value, why: why.value.trim(), when: when.value }), "desk.applied");
      await this.load();
    });
    return card("desk.new_config", words(h("p", { class: "hint" }), "desk.config_hint"), h("div", { class: "fields" }, field("desk.file", file)), field("desk.toml", source), h("div", { class: "fields" }, field("desk.reason", why), field("desk.when_head", when)), done, mistakes, h("p", { class: "keys" }, deskKey("check", "desk.check", "key primary", check), apply));
  }
}

customElements.define("desk-configuration", ConfigurationView);
