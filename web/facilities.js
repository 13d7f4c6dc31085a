/** The pages of staff for one room. */

/** @import { DeskView } from "./facilities/pieces.js" */
/** @import { IconName } from "./lib/icon.js" */
/** @import { Language } from "./lib/i18n.js" */

import { Desk } from "./facilities/desk.js";
import { DevicesView, IssuesView } from "./facilities/health.js";
import { Overview } from "./facilities/overview.js";
import { deskKey } from "./facilities/pieces.js";
import { backToPanel, SignIn } from "./facilities/sign-in.js";
import { UseView } from "./facilities/use.js";
import { attribute, h, show, text } from "./lib/dom.js";
import { LANGUAGES, language, load, named, speak, speakable, t, words } from "./lib/i18n.js";
import { icon } from "./lib/icon.js";
import { wear } from "./lib/look.js";

/** @typedef {{icon: IconName, rights: string[], make: (desk: Desk) => DeskView | Promise<DeskView>, every_ms?: number}} Page */

const records = () => import("./facilities/records.js");

/** @type {Record<string, Page>} which page takes which right: one of those that it names */
const PAGES = {
  overview: { icon: "home", rights: ["statistics"], make: (desk) => new Overview(desk), every_ms: 300_000 },
  issues: { icon: "warning", rights: ["statistics"], make: (desk) => new IssuesView(desk) },
  devices: { icon: "settings", rights: ["statistics"], make: (desk) => new DevicesView(desk) },
  use: { icon: "keypad", rights: ["statistics"], make: (desk) => new UseView(desk), every_ms: 300_000 },
  ledger: { icon: "reserve", rights: ["audit"], make: async (desk) => new (await records()).LedgerView(desk), every_ms: 15_000 },
  audit: { icon: "wait", rights: ["audit"], make: async (desk) => new (await records()).AuditView(desk), every_ms: 15_000 },
  access: { icon: "key", rights: ["access"], make: async (desk) => new (await import("./facilities/access.js")).AccessView(desk), every_ms: 15_000 },
  configuration: { icon: "save", rights: ["configure"], make: async (desk) => new (await import("./facilities/configuration.js")).ConfigurationView(desk), every_ms: 15_000 },
  migration: { icon: "other", rights: ["configure"], make: async (desk) => new (await import("./facilities/migration.js")).MigrationView(desk), every_ms: 15_000 },
  service: { icon: "power", rights: ["message", "maintain", "service"], make: async (desk) => new (await import("./facilities/service.js")).ServiceView(desk) },
};

export class FacilitiesDesk extends HTMLElement {
  /** @type {Language | null} chosen by hand */ #chosen = null;
  /** @type {Map<string, DeskView>} */ #views = new Map();
  #shown = "";
  #loaded_ms = 0;

  constructor() {
    super();
    this.desk = new Desk(() => this.refresh(), () => this.#leave());
    this.door = new SignIn(this.desk, () => this.#enter());
    this.roomName = h("b");
    this.who = h("b");
    this.roleWords = h("small");
    this.count = h("span", { class: "count", hidden: true });
    this.links = Object.fromEntries(Object.entries(PAGES).map(([name, page]) => [name, h("a", { href: `#${name}` }, icon(page.icon), words(h("span"), `desk.page.${name}`))]));
    this.links.issues.append(this.count);
    this.menu = h("button", { type: "button", class: "quiet menu", "aria-expanded": "false", "aria-controls": "desk-pages", onclick: () => this.#unfold(this.menu.getAttribute("aria-expanded") !== "true") }, icon("other"), words(h("span"), "desk.menu"));
    this.list = h("ul", { id: "desk-pages" }, ...Object.values(this.links).map((link) => h("li", {}, link)));
    const other = words(h("span", { class: "label" }), "language.other");
    const turn = named(h("button", { type: "button", class: "quiet", onclick: () => this.#turn() }, icon("globe"), other), "language.switch");
    const out = deskKey("leave", "desk.sign_out", "key", () => this.desk.signOut());
    this.others = h("p", { class: "hint" });
    this.bar = h("header", { class: "side" },
      h("div", { class: "brand" }, h("span", { class: "disc" }, icon("door")), h("span", {}, words(h("b"), "desk.title"), this.roomName), this.menu),
      named(h("nav", {}, this.list), "desk.pages"),
      h("div", { class: "self" }, this.others, h("span", { class: "as" }, this.who, this.roleWords), h("div", { class: "keys" }, backToPanel(), turn, out)));
    this.heading = h("h1", { tabindex: "-1" });
    this.place = h("p", { class: "place" });
    this.healthWords = h("span");
    this.health = h("p", { class: "health" }, icon("warning"), this.healthWords);
    this.banner = h("p", { class: "banner", role: "alert", hidden: true });
    this.body = h("div", { class: "page" });
    this.main = h("main", {}, h("div", { class: "head" }, this.heading, this.place, this.health), this.banner, this.body);
    this.inside = h("div", { class: "inside", hidden: true }, this.bar, this.main);
    this.append(this.door, this.inside);
    this.door.hidden = true;
    addEventListener("hashchange", () => void this.#go(true));
    setInterval(() => this.#tick(), 1000);
  }

  /** Go on as who is signed in, or ask. */
  async start() {
    this.#speak();
    wear(undefined);
    const found = await this.desk.signIn();
    if (found === "in") return this.#enter();
    show(this.door, true);
    this.door.update(found === "unreachable" ? "desk.sign_in.unreachable" : undefined);
  }

  #enter() {
    show(this.door, false);
    show(this.inside, true);
    const allowed = Object.entries(PAGES).filter(([, page]) => this.#allows(page)).map(([name]) => name);
    for (const [name, link] of Object.entries(this.links)) show(/** @type {HTMLElement} */ (link.parentElement), allowed.includes(name));
    void this.#go(false);
  }

  /** Nobody is signed in any more: nothing of the room is left on the page. */
  #leave() {
    this.#views.clear();
    this.#shown = "";
    this.body.replaceChildren();
    for (const part of [this.roomName, this.heading, this.place, this.healthWords, this.who, this.roleWords, this.others]) text(part, "");
    for (const part of [this.inside, this.banner]) show(part, false);
    show(this.door, true);
    this.door.update("desk.signed_out");
    this.#speak();
  }

  /** @param {Page} page */
  #allows(page) {
    return page.rights.some((right) => this.desk.may(right));
  }

  /** Show the page that the address names. @param {boolean} asked whether somebody has just asked for it */
  async #go(asked) {
    if (this.inside.hidden) return;
    const name = location.hash.slice(1) in PAGES ? location.hash.slice(1) : "overview";
    this.#shown = name;
    for (const [each, link] of Object.entries(this.links)) attribute(link, "aria-current", each === name ? "page" : null);
    this.#unfold(false);
    if (!this.#allows(PAGES[name])) this.body.replaceChildren(h("p", { class: "card" }, t("desk.not_yours", { role: say_role(this.desk.session?.role ?? "") })));
    else await this.#open(name);
    this.refresh();
    if (asked) this.heading.focus();
    scrollTo(0, 0);
  }

  /** @param {string} name */
  async #open(name) {
    let view = this.#views.get(name);
    if (!view) {
      try {
        view = await PAGES[name].make(this.desk);
      } catch {
        this.body.replaceChildren(h("p", { class: "card" }, t("desk.sign_in.unreachable")));
        return;
      }
      if (this.inside.hidden) return; // signed out meanwhile
      this.#views.set(name, view);
    }
    if (this.#shown !== name) return;
    this.body.replaceChildren(view);
    this.#loaded_ms = performance.now();
    void view.load?.();
  }

  /** Draw what is known now. */
  refresh() {
    this.#speak();
    const { desk } = this;
    if (desk.room) wear({ ...desk.room.look, theme: "auto" }); // at a desk the browser's own theme counts
    if (this.inside.hidden || !desk.room) return;
    const { identity, issues } = desk.room;
    text(this.roomName, identity.display_name);
    text(this.heading, this.#shown === "overview" ? identity.display_name : t(`desk.page.${this.#shown}`));
    const seats = identity.capacity ? t("desk.seats", { count: identity.capacity }) : "";
    text(this.place, [this.#shown === "overview" ? "" : identity.display_name, identity.building, identity.floor_label, seats].filter(Boolean).join(" · "));
    attribute(this.health, "data-tone", issues.length > 0 ? "soon" : "free");
    text(this.healthWords, issues.length > 0 ? t("desk.open_issues", { count: issues.length }) : t("desk.no_issues"));
    show(this.count, issues.length > 0);
    text(this.count, String(issues.length));
    const { session } = desk;
    text(this.who, (session?.name ?? "").replace(/^token /, ""));
    text(this.roleWords, say_role(session?.role ?? ""));
    const closed = Object.keys(PAGES).filter((name) => !this.#allows(PAGES[name]));
    text(this.others, closed.length > 0 ? t("desk.others", { pages: closed.map((name) => t(`desk.page.${name}`)).join(t("desk.and")) }) : "");
    show(this.banner, desk.stale);
    text(this.banner, t("desk.stale", { time: desk.clock.hourMinute(desk.heard_ms) }));
    attribute(this.body, "inert", desk.stale);
    attribute(this, "data-stale", desk.stale);
    this.#views.get(this.#shown)?.update();
  }

  #tick() {
    const every_ms = PAGES[this.#shown]?.every_ms;
    if (this.inside.hidden || !every_ms || document.hidden || this.desk.stale) return;
    if (performance.now() - this.#loaded_ms < every_ms) return;
    this.#loaded_ms = performance.now();
    void this.#views.get(this.#shown)?.load?.();
  }

  /** @param {boolean} on */
  #unfold(on) {
    attribute(this.menu, "aria-expanded", String(on));
    attribute(this.bar, "data-open", String(on));
  }

  #turn() {
    this.#chosen = LANGUAGES[(LANGUAGES.indexOf(language()) + 1) % LANGUAGES.length];
    this.refresh();
  }

  #speak() {
    const given = [this.#chosen, this.desk.room?.identity.language, navigator.language];
    const wanted = given.find(speakable) ?? (navigator.language.startsWith("zh") ? "zh-CN" : "en");
    if (wanted !== document.documentElement.lang || language() !== wanted) speak(wanted);
    const name = this.desk.room?.identity.display_name;
    document.title = name ? `${t("desk.title")} · ${name}` : t("desk.title");
  }
}

/** A role in words. @param {string} role */
function say_role(role) {
  return role ? t(`desk.role.${role}`) : "";
}

customElements.define("facilities-desk", FacilitiesDesk);

await load("facilities");
const page = new FacilitiesDesk();
document.body.replaceChildren(page);
await page.start();
