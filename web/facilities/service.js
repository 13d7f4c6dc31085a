/** What staff do to a room from afar: tell people something, restart it, test its devices, take its diagnostics. */

/** @import { DeviceTestModel, SelftestResults, Update } from "../lib/types.js" */
/** @import { Desk } from "./desk.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { say, t, words } from "../lib/i18n.js";
import { deviceName, messageUntil } from "../lib/labels.js";
import { whyNot } from "./desk.js";
import { card, deskKey, DeskTable, field, mark, moment, Outcome, TwicePressed } from "./pieces.js";

const USUAL_MIN = 60;

export class ServiceView extends HTMLElement {
  #tested = "";
  /** @type {SelftestResults["report"]} */ #report = null;

  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    if (desk.may("message")) this.append(this.#message());
    if (desk.may("update")) this.append(this.#update());
    if (desk.may("maintain")) this.append(this.#restart(), this.#selftest());
    if (desk.may("service")) this.append(this.#diagnostics());
  }

  update() {
    const { room, clock } = this.desk;
    if (!room) return;
    const { message, maintenance } = room;
    if (this.shown) text(this.shown, message ? t("desk.message_now", { text: message.text, until: messageUntil(message, clock), who: message.requested_by_name }) : t("desk.no_message"));
    if (this.clear) show(this.clear, message !== null);
    if (this.waits) text(this.waits, maintenance.restart_waits ? t("desk.restart_waits") : "");
    if (this.callOff) show(this.callOff, maintenance.restart_waits);
    this.#updates(maintenance.update);
    const { selftest } = maintenance;
    const seen = selftest ? `${selftest.at} ${selftest.running} ${selftest.passed + selftest.failed + selftest.skipped}` : "";
    if (this.tests && seen !== this.#tested) void this.#fetch(seen);
    this.#draw();
  }

  #message() {
    const words_ = h("textarea", { rows: "2", maxlength: "200" });
    const minutes = h("input", { type: "number", min: "1", max: "10080", value: String(USUAL_MIN), inputmode: "numeric" });
    const done = new Outcome();
    this.shown = h("p", { class: "lead" });
    this.clear = deskKey("erase", "desk.clear_message", "key", async () => done.answer(await this.desk.command("room.clear_message"), "desk.message_cleared"));
    const send = deskKey("sound", "desk.show_message", "key primary", async () => {
      const told = words_.value.trim();
      if (!told) return words_.focus();
      const answer = await this.desk.command("room.message", { text: told, for_s: 60 * Math.max(Number(minutes.value) || USUAL_MIN, 1) });
      if (done.answer(answer, "desk.message_shown")) words_.value = "";
    });
    return card("desk.message", this.shown, field("desk.message_text", words_), h("div", { class: "fields" }, field("desk.message_minutes", minutes)), done, h("p", { class: "keys" }, send, this.clear));
  }

  #restart() {
    const done = new Outcome();
    this.waits = h("p", { class: "hint", role: "status" });
    const again = (/** @type {"now" | "free" | "never"} */ when, /** @type {string} */ said) => async () => done.answer(await this.desk.command("room.restart", { when }), said);
    this.callOff = deskKey("erase", "desk.call_off", "key", again("never", "desk.called_off"));
    return card("desk.restart", words(h("p", { class: "hint" }), "desk.restart_hint"), this.waits, done, h("p", { class: "keys" }, deskKey("wait", "desk.when_free", "key", again("free", "desk.restart_asked")), new TwicePressed("desk.restart_now", "desk.again", again("now", "desk.restarts")), this.callOff));
  }

  #update() {
    const done = new Outcome();
    const at = h("input", { type: "time" });
    this.version = h("p", { class: "hint" });
    this.ahead = h("p", { class: "hint", role: "status" });
    this.ended = h("p", { class: "hint" });
    const check = deskKey("help", "desk.update_check", "key", async () => done.answer(await this.desk.command("update.check"), "desk.update_asked"));
    const install = deskKey("wait", "desk.update_install", "key", async () => done.answer(await this.desk.command("update.install", at.value ? { at: at.value } : {}), "desk.update_asked"));
    this.noUpdate = deskKey("erase", "desk.update_cancel", "key", async () => done.answer(await this.desk.command("update.cancel"), "desk.update_cancelled"));
    this.updating = card("desk.update", words(h("p", { class: "hint" }), "desk.update_hint"), this.version, this.ahead, this.ended, h("div", { class: "fields" }, field("desk.update_at", at)), done, h("p", { class: "keys" }, check, install, this.noUpdate));
    return this.updating;
  }

  /** @param {Update | null} update */
  #updates(update) {
    if (!this.updating || !this.version || !this.ahead || !this.ended || !this.noUpdate) return;
    show(this.updating, Boolean(update));
    if (!update) return;
    const { state, installed, available, checked_at, not_before, last, refusal } = update;
    const at = (/** @type {string} */ instant) => moment(this.desk, instant);
    text(this.version, [t("desk.update_runs", { installed }), available ? t("desk.update_available", { available }) : ""].join(" "));
    const waits = state === "waits" && not_before ? t("desk.update_state.waits_until", { at: at(not_before) }) : state === "idle" ? "" : say("desk.update_state", state);
    text(this.ahead, [waits, refusal && state === "idle" ? say("update", refusal) : ""].filter(Boolean).join(" "));
    const what = last ? t(`desk.update_result.${last.outcome}`, { old: last.old, new: last.new }) : "";
    const why = last?.code ? say("update", last.code) : "";
    text(this.ended, [checked_at ? t("desk.update_checked", { at: at(checked_at) }) : "", last ? t("desk.update_last", { at: at(last.at), what: [what, why].filter(Boolean).join(": ") }) : ""].join(" "));
    show(this.noUpdate, state === "waits");
  }

  #selftest() {
    const done = new Outcome();
    this.head = h("p", { class: "hint", role: "status" });
    /** @type {DeskTable<DeviceTestModel>} */ this.tests = new DeskTable("desk.selftest", (one) => one.device, [
      { key: "desk.device", say: (one) => deviceName(one.device, this.desk.room?.devices ?? []) },
      { key: "desk.result", fill: (cell, one) => mark(cell, one.outcome === "passed" ? "free" : one.outcome === "failed" ? "busy" : "plain", t(`desk.test.${one.outcome}`), one.outcome === "passed" ? "check" : "minus") },
      { key: "desk.took", less: true, say: (one) => t("desk.seconds", { count: Math.round(one.took_s) }), look: "number" },
      { key: "desk.found", less: true, fill: found, look: "wide" },
    ], "desk.no_test");
    const run = deskKey("check", "desk.run_test", "key", async () => {
      const answer = await this.desk.command("selftest.run");
      done.answer(answer, answer.status === 202 ? "desk.test_runs" : "desk.test_done");
    });
    return card("desk.selftest", words(h("p", { class: "hint" }), "desk.test_hint"), this.head, done, this.tests, h("p", { class: "keys" }, run));
  }

  #diagnostics() {
    const done = new Outcome();
    const log = h("pre", { tabindex: "0", hidden: true });
    attribute(log, "lang", "en"); // what the program logs is English
    const bundle = deskKey("save", "desk.bundle", "key", async () => {
      const answer = await this.desk.save("/api/v1/diagnostics", `roomctl-${new Date(this.desk.clock.now()).toISOString().slice(0, 10)}.zip`);
      done.answer(answer, "desk.saved");
    });
    const newest = deskKey("help", "desk.log", "key", async () => {
      const answer = await this.desk.ask("GET", "/api/v1/log?lines=200");
      if (!answer.ok) return done.tell(whyNot(answer), false);
      text(log, await answer.value.text());
      show(log, true);
    });
    return card("desk.diagnostics", words(h("p", { class: "hint" }), "desk.diagnostics_hint"), done, log, h("p", { class: "keys" }, bundle, newest));
  }

  /** @param {string} seen */
  async #fetch(seen) {
    this.#tested = seen;
    const answer = await this.desk.ask("GET", "/api/v1/selftest");
    if (!answer.ok) return void (this.#tested = "");
    this.#report = answer.value.report;
    this.#draw();
  }

  #draw() {
    const report = this.#report;
    if (this.head) text(this.head, report ? t(report.running ? "desk.test_running" : "desk.test_at", { at: moment(this.desk, report.at), who: report.requested_by_name }) : "");
    this.tests?.update(report?.devices ?? []);
  }
}

/**
 * What was found is the drill's own words, for a technician.
 * @param {HTMLElement} cell
 * @param {DeviceTestModel} one
 */
function found(cell, one) {
  attribute(cell, "lang", "en");
  const failed = one.steps.filter((step) => step.result === "failed").map((step) => step.words || step.name);
  text(cell, [one.why, ...failed].filter(Boolean).join("; ") || say("desk.test", one.outcome));
}

customElements.define("desk-service", ServiceView);
