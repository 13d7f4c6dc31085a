/** The room's move to another meeting platform: its plan, its stages, what proves it, and the way back. */

/** @import { MigrationModel, StageModel } from "../lib/types.js" */
/** @import { Answer, Desk } from "./desk.js" */

import { h, keyed, show, text } from "../lib/dom.js";
import { t, words } from "../lib/i18n.js";
import { platformName } from "../lib/labels.js";
import { whyNot } from "./desk.js";
import { WHEN } from "./configuration.js";
import { card, choice, day, deskKey, DeskTable, field, mark, moment, Outcome, TwicePressed } from "./pieces.js";

const SHOWN = 100; // bookings of a plan; all of them are in its files
const FORMS = ["csv", "json", "ics"];

/** @typedef {{id: string, start: string, title: string, organizer: string | null, private: boolean, verdict: "dead" | "at_risk"}} Doomed */
/** @typedef {{to: string, email: string, language: string, subject: string, text: string}} Letter */
/** @typedef {{kind: string, key: string, value: string, after: string, fate: "moved" | "kept" | "by_hand", reason: string}} Artefact */

export class MigrationView extends HTMLElement {
  /** @type {MigrationModel | null} */ #told = null;
  /** @type {{bookings: Doomed[], letters: Letter[], artefacts: Artefact[]} | null} made from here */ #plan = null;
  #refused = "";

  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    this.outcome = new Outcome();
    this.lead = h("p", { class: "lead" });
    this.counts = h("p", { class: "hint" });
    this.when = choice(WHEN, (one) => `desk.when.${one}`);
    this.behind = h("input", { type: "checkbox" });
    /** @type {DeskTable<StageModel>} */ this.stages = new DeskTable("desk.stages", (one) => one.stage, [
      { key: "desk.stage", fill: (cell, one) => this.#stage(cell, one) },
      { key: "desk.from_day", say: (one) => day("UTC", one.day), look: "when" },
      { key: "desk.applied_at", less: true, say: (one) => moment(desk, one.applied_at), look: "when" },
      { key: "desk.who", less: true, say: (one) => one.who ?? "–" },
      { key: "desk.act", fill: (cell, one) => this.#act(cell, one), look: "acts" },
    ], "desk.no_plan");
    this.proofs = h("p", { class: "hint" });
    this.walkthrough = h("p", { class: "hint" });
    this.prove = deskKey("check", "desk.prove", "key", () => this.#do("POST", "proof", {}, "desk.proven"));
    this.seen = new TwicePressed("desk.seen", "desk.again", () => this.#do("POST", "proof", { seen: true }, "desk.proven"));
    this.drop = new TwicePressed("desk.undo_all", "desk.again", () => this.#do("POST", "rollback", { when: this.when.value }, "desk.undone"));
    const behind = h("label", { class: "tick" }, this.behind, words(h("span"), "desk.leave_behind"));
    const files = FORMS.map((form) => deskKey("save", `desk.evidence.${form}`, "key", () => this.#save(form)));
    this.files = h("p", { class: "keys" }, ...files);
    this.steps = h("div", { class: "steps" }, h("div", { class: "fields" }, field("desk.when_head", this.when), behind), this.stages, this.proofs, this.walkthrough, h("p", { class: "keys" }, this.prove, this.seen, this.drop));
    /** @type {DeskTable<Doomed>} */ this.bookings = new DeskTable("desk.doomed", (one) => one.id, [
      { key: "desk.booking", say: (one) => (one.private ? t("home.private") : one.title || t("call.untitled")) },
      { key: "desk.booked", less: true, say: (one) => moment(desk, one.start), look: "when" },
      { key: "desk.organizer", less: true, say: (one) => one.organizer ?? "–" },
      { key: "desk.verdict", fill: (cell, one) => mark(cell, one.verdict === "dead" ? "busy" : "soon", t(`desk.verdict.${one.verdict}`)) },
    ], "desk.no_doomed");
    /** @type {DeskTable<Artefact>} */ this.artefacts = new DeskTable("desk.artefacts", (one) => `${one.kind} ${one.key} ${one.value}`, [
      { key: "desk.artefact", say: (one) => t(`desk.artefact.${one.kind}`) },
      { key: "desk.before", less: true, say: (one) => one.value },
      { key: "desk.after", less: true, say: (one) => (one.fate === "moved" ? `→ ${one.after || "–"}` : "") },
      { key: "desk.fate", say: (one) => `${t(`desk.fate.${one.fate}`)}: ${t(`desk.reason.${one.reason}`)}` },
    ], "desk.no_plan");
    this.letters = h("div", { class: "letters" });
    this.draft = card("desk.doomed", this.bookings, this.files, this.letters);
    this.report = card("desk.artefacts", this.artefacts);
    this.append(card("desk.page.migration", this.outcome, this.lead, this.counts, this.steps), this.draft, this.report, this.#planner());
  }

  async load() {
    const answer = await this.desk.ask("GET", "/api/v1/migration");
    this.#refused = answer.ok ? "" : whyNot(answer);
    if (answer.ok) this.#told = answer.value;
    this.update();
  }

  update() {
    const told = this.#told;
    const planned = told !== null && told.leaving !== null;
    const name = (/** @type {string | null} */ key) => (this.desk.room ? platformName(this.desk.room, key) : key ?? "");
    text(this.lead, planned ? t("desk.moves", { old: name(told.leaving), new: name(told.to) }) : this.#refused || t("desk.no_plan"));
    text(this.counts, planned ? t("desk.plan_counts", { dead: told.dead, risk: told.at_risk, left: told.not_moved, who: told.planned_by, at: moment(this.desk, told.planned_at) }) : "");
    show(this.steps, planned);
    show(this.draft, planned && this.#plan !== null);
    show(this.report, planned && this.#plan !== null);
    if (!planned) return;
    this.stages.update(told.stages);
    text(this.proofs, told.proofs.length > 0 ? told.proofs.map((one) => t("desk.proof", { at: moment(this.desk, one.at), host: one.host, how: t(`desk.proof.${one.evidence}`), who: one.who })).join(" ") : t("desk.no_proof"));
    text(this.walkthrough, told.walkthrough ? t(`desk.walkthrough.${told.walkthrough}`) : "");
    if (!this.#plan) return;
    this.bookings.update(this.#plan.bookings.slice(0, SHOWN));
    this.artefacts.update(this.#plan.artefacts);
    keyed(this.letters, this.#plan.letters, (one) => `${one.email || one.to} ${one.language}`, () => h("details", {}, h("summary"), h("pre")), (draft, one) => {
      text(draft.children[0], [one.to, one.email, one.subject].filter((part, at) => part && (at !== 1 || part !== one.to)).join(" · "));
      text(draft.children[1], one.text);
      draft.lang = one.language;
    });
  }

  /**
   * @param {HTMLElement} cell
   * @param {StageModel} one
   */
  #stage(cell, one) {
    const today = this.#told?.today === one.stage ? ` · ${t("desk.today")}` : "";
    mark(cell, one.applied_at ? "free" : "plain", t(`desk.stage.${one.stage}`) + today, one.applied_at ? "check" : "clock");
  }

  /** The next stage can be applied, an applied one taken back. @param {HTMLElement} cell @param {StageModel} one */
  #act(cell, { stage, applied_at }) {
    const due = applied_at ? "undo" : this.#told?.next_stage === stage ? "apply" : "";
    if (cell.getAttribute("data-due") === due) return;
    cell.setAttribute("data-due", due);
    if (due === "undo") cell.replaceChildren(new TwicePressed("desk.undo_stage", "desk.again", () => this.#do("POST", "rollback", { stage, when: this.when.value }, "desk.undone")));
    else if (due === "apply") cell.replaceChildren(new TwicePressed("desk.apply", "desk.again", () => this.#do("POST", "apply", { stage, when: this.when.value, leave_behind: this.behind.checked }, "desk.stage_applied")));
    else cell.replaceChildren();
  }

  /**
   * @param {"POST"} method
   * @param {string} what
   * @param {unknown} body
   * @param {string} done key
   * @returns {Promise<Answer>}
   */
  async #do(method, what, body, done) {
    const answer = await this.desk.ask(method, `/api/v1/migration/${what}`, body);
    await this.load();
    this.outcome.answer(answer, done); // last: a press before would find the key busy
    return answer;
  }

  /** @param {string} form */
  async #save(form) {
    const answer = await this.desk.save(`/api/v1/migration/evidence?form=${form}`, `migration.${form}`);
    if (!answer.ok) this.outcome.tell(whyNot(answer), false);
  }

  #planner() {
    const known = h("datalist", { id: "desk-platforms" });
    keyed(known, this.desk.room?.platforms ?? [], (one) => one.key, (one) => h("option", { value: one.key }), () => {});
    const text_field = () => h("input", { type: "text", list: "desk-platforms", autocomplete: "off", maxlength: "64", spellcheck: "false" });
    const [leaving, to] = [text_field(), text_field()];
    const [on, ends] = [h("input", { type: "date" }), h("input", { type: "date" })];
    const link = h("input", { type: "url", autocomplete: "off", maxlength: "2000" });
    const plan = deskKey("other", "desk.plan", "key primary", async () => {
      const asked = { leaving: leaving.value.trim(), to: to.value.trim(), on: on.value || null, ends: ends.value || null, room_link: link.value.trim() || null };
      const answer = await this.#do("POST", "plan", asked, "desk.planned");
      if (!answer.ok) return;
      const { bookings, letters, artefacts } = answer.value;
      this.#plan = { bookings: bookings.filter((/** @type {Doomed} */ one) => ["dead", "at_risk"].includes(one.verdict)), letters, artefacts };
      this.update();
    });
    return card("desk.new_plan", words(h("p", { class: "hint" }), "desk.plan_hint"), known, h("div", { class: "fields" }, field("desk.leaving", leaving), field("desk.to", to), field("desk.on", on), field("desk.ends_on", ends), field("desk.room_link", link)), h("p", { class: "keys" }, plan));
  }
}

customElements.define("desk-migration", MigrationView);
