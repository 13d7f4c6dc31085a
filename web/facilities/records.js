/** What was noted: what releasing bookings has come to, and who did what. */

/** @import { AuditedCommand, AuditPage, AuditReport, LedgerLine } from "../lib/types.js" */
/** @import { Desk } from "./desk.js" */

import { h, show, text } from "../lib/dom.js";
import { say, t, words } from "../lib/i18n.js";
import { complaint } from "../lib/labels.js";
import { whyNot } from "./desk.js";
import { card, day, deskKey, DeskTable, mark, moment, Outcome } from "./pieces.js";

const AT_ONCE = 50; // entries of the audit on a page

/** @type {Record<LedgerLine["outcome"], import("./pieces.js").Tone>} */
const OUTCOMES = { released: "free", kept: "plain", undone: "plain", warned: "soon", dropped: "plain" };
/** @type {Partial<Record<LedgerLine["outcome"], import("../lib/icon.js").IconName>>} */
const OUTCOME_SIGNS = { kept: "check", undone: "back", dropped: "minus" };

export class LedgerView extends HTMLElement {
  /** @type {LedgerLine[]} */ #lines = [];

  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    this.sum = h("p", { class: "hint" });
    this.outcome = new Outcome();
    /** @type {DeskTable<LedgerLine>} */ this.table = new DeskTable("desk.page.ledger", (one) => String(one.number), [
      { key: "desk.booking", say: (one) => one.title || t("home.private") },
      { key: "desk.booked", less: true, say: (one) => `${day(desk.clock.zone, one.start)} ${desk.clock.hourMinute(one.start)}–${desk.clock.hourMinute(one.end)}`, look: "when" },
      { key: "desk.outcome", fill: (cell, one) => mark(cell, OUTCOMES[one.outcome], t(`desk.outcome.${one.outcome}`), OUTCOME_SIGNS[one.outcome]) },
      { key: "desk.by", less: true, say: (one) => (one.author === "rule" ? t("desk.by_itself") : one.author || "–") },
      { key: "desk.given_back", less: true, say: (one) => (one.given_back_min > 0 ? t("desk.minutes", { count: one.given_back_min }) : "–"), look: "number" },
    ], "desk.no_ledger");
    const csv = deskKey("save", "desk.csv", "key", async () => {
      const answer = await desk.save("/api/v1/ledger.csv", "ledger.csv");
      if (!answer.ok) this.outcome.tell(whyNot(answer), false);
    });
    this.append(card("desk.page.ledger", this.sum, this.outcome, this.table, h("p", { class: "keys" }, csv)));
  }

  async load() {
    const answer = await this.desk.ask("GET", "/api/v1/ledger");
    if (answer.ok) this.#lines = answer.value.reverse();
    this.update();
  }

  update() {
    const given = this.#lines.reduce((sum, one) => sum + one.given_back_min, 0);
    text(this.sum, this.#lines.length > 0 ? t("desk.ledger_sum", { count: this.#lines.length, hours: Math.round(given / 6) / 10 }) : "");
    this.table.update(this.#lines.slice(0, 200));
  }
}

export class AuditView extends HTMLElement {
  /** @type {AuditedCommand[]} */ #entries = [];
  /** @type {number | null} the newest that is shown; null: the newest there is */ #before = null;
  #kept = true;

  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    this.outcome = new Outcome();
    this.verified = new Outcome();
    this.off = words(h("p", { class: "hint", hidden: true }), "desk.audit_off");
    /** @type {DeskTable<AuditedCommand>} */ this.table = new DeskTable("desk.page.audit", (one) => String(one.number), [
      { key: "desk.who", say: (one) => who(one) },
      { key: "desk.at", less: true, say: (one) => moment(desk, one.at), look: "when" },
      { key: "desk.what", fill: (cell, one) => this.#what(cell, one), look: "wide" },
      { key: "desk.result", less: true, fill: (cell, one) => mark(cell, one.result === "done" ? "free" : one.result.startsWith("refused") ? "soon" : "busy", result(one)), look: "wide" },
      { key: "desk.address", less: true, say: (one) => one.address || "–", look: "least" },
    ], "desk.no_audit");
    this.older = deskKey("back", "desk.older", "key", () => this.#turn(this.#entries.at(-1)?.number ?? 1));
    this.newest = deskKey("wait", "desk.newest", "key", () => this.#turn(null));
    const verify = deskKey("check", "desk.verify", "key", () => this.#verify());
    this.append(card("desk.page.audit", this.verified, this.outcome, this.off, this.table, h("p", { class: "keys" }, this.newest, this.older, verify)));
  }

  async load() {
    const query = this.#before === null ? `limit=${AT_ONCE}` : `limit=${AT_ONCE}&after=${Math.max(this.#before - 1 - AT_ONCE, 0)}`;
    const answer = await this.desk.ask("GET", `/api/v1/audit?${query}`);
    if (!answer.ok) return this.outcome.tell(whyNot(answer), false);
    this.outcome.tell("");
    /** @type {AuditPage} */ const { entries, kept } = answer.value;
    const before = this.#before;
    this.#entries = entries.filter((one) => before === null || one.number < before).reverse();
    this.#kept = kept;
    this.update();
  }

  update() {
    show(this.off, !this.#kept);
    this.table.update(this.#entries);
    this.older.disabled = (this.#entries.at(-1)?.number ?? 1) <= 1;
    this.newest.disabled = this.#before === null;
  }

  /** @param {number | null} before */
  async #turn(before) {
    this.#before = before;
    await this.load();
  }

  /** Look whether any entry was changed since it was written. */
  async #verify() {
    const answer = await this.desk.ask("GET", "/api/v1/audit/verify");
    if (!answer.ok) return this.verified.tell(whyNot(answer), false);
    /** @type {AuditReport} */ const { broken, entries, hash } = answer.value;
    if (broken === null) this.verified.tell(t("desk.verified_all", { count: entries, hash: hash.slice(0, 12) }));
    else this.verified.tell(t("desk.verified_broken", { entry: broken }), false);
  }

  /**
   * @param {HTMLElement} cell
   * @param {AuditedCommand} one
   */
  #what(cell, one) {
    const given = Object.entries(one.arguments).map(([name, value]) => `${name} ${value}`).join(", ");
    if (!cell.firstElementChild) cell.replaceChildren(h("code"), h("small"));
    text(cell.children[0], one.command);
    text(cell.children[1], [given, one.times > 1 ? t("desk.times", { count: one.times }) : ""].filter(Boolean).join(" · "));
  }
}

/** @param {AuditedCommand} one */
function who({ role, name }) {
  return name === role || !name ? t(`desk.role.${role}`) : name;
}

/** What became of it: done, or a status and a code. @param {AuditedCommand} one */
function result({ result }) {
  const [status, code] = result.split(": ");
  if (status === "done") return t("desk.done");
  const head = say("desk.result", status);
  return code ? `${head} · ${complaint({ status: "failed", error: { code, params: {} } })}` : head;
}

customElements.define("desk-ledger", LedgerView);
customElements.define("desk-audit", AuditView);
