/** The touch panel: one document from the socket, one view at a time, and the rules that keep it honest. */

/** @import { Outcome } from "./lib/live.js" */
/** @import { Panel, Sheet } from "./lib/room.js" */
/** @import { Arguments, Room } from "./lib/types.js" */
/** @import { Language } from "./lib/i18n.js" */
/** @import { Overlay } from "./view/overlay.js" */
/** @import { SoundSheet } from "./view/sound.js" */

import { RoomClock } from "./lib/clock.js";
import { attribute, h, show, text } from "./lib/dom.js";
import { Holds, watchPage } from "./lib/hold.js";
import { LANGUAGES, language, load, named, speak, speakable, t, words } from "./lib/i18n.js";
import { icon, redraw } from "./lib/icon.js";
import { keep, kept } from "./lib/kept.js";
import { Live } from "./lib/live.js";
import { logo, wear } from "./lib/look.js";
import { paired, redeem } from "./lib/pair.js";
import { calling, complaint, lent, microphone, platformName, spaced } from "./lib/labels.js";
import { ending } from "./lib/sentences.js";
import { LeavePrompt } from "./view/leave-prompt.js";
import { CallKeys, CallView } from "./view/call.js";
import { CameraSheet } from "./view/camera.js";
import { RoomOverlay } from "./view/overlay.js";
import { ChangeToast } from "./view/change-toast.js";
import { HomeView } from "./view/home.js";
import { NoticeStrip } from "./view/notices.js";
import { button, LaterView, MoreTime, OPEN_MS } from "./view/parts.js";
import { RemoteControlSheet } from "./view/remote-control.js";
import { HelpSheet, NewSheet } from "./view/sheets.js";

const TOLD_MS = 6000; // so long, too, the second touch counts that takes the devices from a laptop
const FORGET_MS = 120_000; // an untouched panel returns to the room's language and to its first view
const RELOAD_MS = 30_000;

/** @implements {Panel} */
export class RoomPanel extends HTMLElement {
  clock = new RoomClock();
  /** @type {"muting" | "unmuting" | null} */ pendingMute = null;
  /** @type {Panel["camera"]} */ camera = { chosen: null, setting: false, menu: null };
  /** @type {Sheet | null} */ #sheet = null;
  /** @type {Language | null} chosen by hand */ #chosen = null;
  /** @type {Element | null} what opened the sheet */ #opener = null;
  #refused = false;
  #touched_ms = performance.now();
  #telling = 0;
  #warned_ms = -TOLD_MS;
  #wasCalling = false;
  /** @type {Sheet | null} what the PIN was asked for from */ #before = null;

  constructor() {
    super();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const refresh = () => this.refresh();
    const lost = () => this.holds.stop();
    this.live = new Live(`${scheme}://${location.host}/api/v1/live`, this.clock, refresh, lost, paired);
    this.holds = new Holds((message) => this.live.ready && this.live.send(message));
    this.home = new HomeView(this);
    this.call = new CallView(this);
    this.sheets = {
      join: new LaterView(async () => new (await import("./view/join.js")).JoinSheet(this)),
      new: new NewSheet(this),
      camera: new CameraSheet(this),
      sound: new LaterView(async () => new (await import("./view/sound.js")).SoundSheet(this)),
      today: new LaterView(async () => new (await import("./view/booking.js")).TodaySheet(this)),
      booking: new LaterView(async () => new (await import("./view/booking.js")).BookingSheet(this)),
      series: new LaterView(async () => new (await import("./view/booking.js")).SeriesSheet(this)),
      occupancy: new LaterView(async () => new (await import("./view/occupancy.js")).OccupancySheet(this)),
      help: new HelpSheet(this),
      share: new LaterView(async () => new (await import("./view/share.js")).ShareSheet(this)),
      remote_control: new RemoteControlSheet(this),
      staff: new LaterView(async () => new (await import("./view/staff.js")).StaffSheet(this)),
      walkthrough: new LaterView(async () => new (await import("./view/walkthrough.js")).WalkthroughReview(this)),
      walkthroughs: new LaterView(async () => new (await import("./view/walkthrough.js")).WalkthroughList(this)),
      kinds: new LaterView(async () => (await import("./view/kinds.js")).kindsSheet(this)),
      page_name: new LaterView(async () => new (await import("./view/walkthrough.js")).PictureNaming(this)),
    };
    this.live.heard = (pct, behind) => {
      this.sound?.level(pct, behind);
      this.call.audio.heard(this.#sheet === null ? pct : null, behind);
    };
    this.notices = new NoticeStrip(this);
    this.changed = new ChangeToast(this);
    this.question = new LeavePrompt(this);
    this.overlay = new RoomOverlay(() => void this.ask("room.wake"));
    this.logo = h("img", { class: "logo", alt: "", hidden: true });
    this.name = h("b");
    this.place = h("span");
    this.rest = h("span"); // a meeting's number, which is read out: never cut
    this.endsWords = h("span");
    this.ends = h("button", { type: "button", class: "ends", hidden: true, onclick: () => this.open("booking") }, icon("wait"), this.endsWords);
    this.longer = new MoreTime(this);
    this.until = h("div", { class: "until-when" }, this.ends, this.longer);
    this.callKeys = new CallKeys(this.call);
    this.date = h("span", { class: "date" });
    this.time = h("time");
    this.back = button("back", "back", "key back", () => this.open(null));
    this.sheetName = h("h1");
    const other = words(h("span", { class: "label" }), "language.other");
    const turn = named(h("button", { type: "button", class: "quiet", onclick: () => this.#turnLanguage() }, icon("globe"), other), "language.switch");
    const help = button("help", "help.button", "quiet ask", () => this.open(this.#sheet === "help" ? null : "help"));
    this.staffMark = button("key", "staff.mark", "quiet staff", () => this.open(this.#sheet === "staff" ? null : "staff"));
    this.kinds = button("settings", "kinds.title", "quiet kinds", () => this.open(this.#sheet === "kinds" ? null : "kinds"));
    this.roomName = h("p", { class: "name" }, this.logo, this.name, h("span", { class: "whose" }, this.place, this.rest));
    this.bannerWords = h("span");
    this.banner = h("div", { class: "banner", role: "alert", hidden: true }, icon("warning"), this.bannerWords);
    this.bar = h("header", { class: "bar" }, this.back, this.sheetName, this.roomName, this.notices, this.callKeys, this.until, this.date, this.time, this.kinds, this.staffMark, turn, help, this.banner);
    this.toastWords = h("span");
    this.toastIcon = icon("warning");
    this.toast = h("div", { class: "toast", role: "status", hidden: true }, this.toastIcon, this.toastWords);
    this.main = h("main", {}, this.home, this.call, ...Object.values(this.sheets));
    this.append(this.bar, this.main, this.question, this.toast, this.overlay);
    watchPage(this.holds);
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => (this.#touched_ms = performance.now()), true);
    setInterval(() => this.#tick(), 1000);
    addEventListener("hashchange", () => void this.start());
    // A page that comes back from the browser's cache shows the past.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  /** The sound sheet, once it has come. @returns {SoundSheet | null} */
  get sound() {
    return /** @type {SoundSheet | null} */ (this.sheets.sound.view);
  }

  get stale() {
    return this.live.stale;
  }

  get ready() {
    return this.live.ready;
  }

  /** @type {Panel["quietly"]} */
  quietly(type, args, patience_ms) {
    return this.live.command(type, args, patience_ms);
  }

  get staff() {
    return this.live.staff;
  }

  get phone() {
    return this.live.phone;
  }

  get signIn() {
    return this.live.signIn;
  }

  /**
   * Whether this browser may ever give a command, by the server's table of roles.
   * @param {string} command
   */
  may(command) {
    return this.live.may?.has(command) ?? true;
  }

  /** Ask for the staff PIN; whoever enters it comes back to where this was asked. */
  elevate() {
    this.#before = this.#sheet;
    this.open("staff");
  }

  /** Be told at once what this browser may now, and go on where the PIN was asked for. */
  elevated() {
    this.live.send({ type: "ping", t: performance.now() });
    this.open(this.#before);
    this.#before = null;
  }

  /** Pair if the address says so, and connect. */
  async start() {
    const pairing = await redeem();
    this.#refused = pairing === "refused";
    this.live.start();
    this.refresh();
  }

  /**
   * Show a sheet, or none.
   * @param {Sheet | null} sheet
   */
  open(sheet) {
    this.holds.stop();
    const shown = sheet && this.sheets[sheet];
    if (shown instanceof LaterView && this.#sheet !== sheet) void shown.begin(() => this.refresh());
    if (sheet === "help" && this.#sheet !== "help") this.sheets.help.report.reset();
    const opener = sheet ? document.activeElement : null;
    this.#sheet = sheet;
    this.refresh();
    // Whoever goes by keys goes on where the sheet begins, and afterwards where they were.
    if (!sheet) /** @type {HTMLElement | null} */ (this.#opener)?.focus();
    else if (!opener?.checkVisibility() || opener === document.body) this.back.focus();
    if (opener !== this.back) this.#opener = opener;
  }

  /**
   * Do something; say so if it did not work.
   * @template {keyof Arguments} T
   * @param {T} type
   * @param {Arguments[T]} [args]
   * @param {number} [patience_ms]
   * @returns {Promise<Outcome>}
   */
  async ask(type, args, patience_ms) {
    const outcome = await this.attempt(type, args, patience_ms);
    const why = complaint(outcome);
    if (why) this.tell(why);
    return outcome;
  }

  /**
   * Do something, where the view itself says if it did not work.
   * @template {keyof Arguments} T
   * @param {T} type
   * @param {Arguments[T]} [args]
   * @param {number} [patience_ms]
   * @returns {Promise<Outcome>}
   */
  attempt(type, args, patience_ms) {
    return this.live.command(type, args, patience_ms);
  }

  /** Whether a meeting may begin at this touch: who takes the devices from a laptop is told so first. */
  mayBegin() {
    const { room } = this.live;
    if (!room || !lent(room) || performance.now() - this.#warned_ms < TOLD_MS) return true;
    this.#warned_ms = performance.now();
    this.tell(t("byom.takes"));
    return false;
  }

  /** Start a meeting on the only platform that can be started, or ask on which. */
  begin() {
    const able = (this.live.room?.platforms ?? []).filter((platform) => platform.new);
    if (able.length !== 1) return this.open("new");
    if (this.mayBegin()) void this.ask("meeting.new", { platform: able[0].key }, OPEN_MS);
  }

  /** Close the camera's own menu that was opened here: whoever leaves it must not leave it in the picture. */
  closeMenu() {
    const { menu } = this.camera;
    if (menu === null || !this.live.ready) return;
    this.camera.menu = null;
    void this.ask("camera.menu", { camera: menu, on: false });
  }

  /**
   * Say something in passing.
   * @param {string} said
   * @param {import("./lib/icon.js").IconName} [mark]
   */
  tell(said, mark = "warning") {
    redraw(this.toastIcon, mark);
    text(this.toastWords, said);
    show(this.toast, true);
    clearTimeout(this.#telling);
    this.#telling = Number(setTimeout(() => show(this.toast, false), TOLD_MS));
  }

  /** Draw what is known now. */
  refresh() {
    const { live } = this;
    this.#speak();
    const overlay = this.#covered();
    wear(live.room?.look);
    this.overlay.update(overlay, this.clock, this.#refused, live.room);
    for (const part of [this.bar, this.main]) attribute(part, "data-covered", overlay !== null);
    attribute(this.bar, "inert", overlay !== null);
    attribute(this, "data-stale", live.stale);
    show(this.banner, live.stale && live.room !== null && overlay !== "unpaired");
    text(this.bannerWords, t("stale", { time: this.clock.hourMinute(live.heard_ms) }));
    if (!live.room) return void attribute(this.main, "inert", true);
    this.#draw(live.room, overlay);
  }

  /**
   * @param {Room} room
   * @param {Overlay} overlay
   */
  #draw(room, overlay) {
    show(this.staffMark, this.staff?.role != null);
    this.#further(this.live.kinds);
    const inCall = calling(room.meeting);
    this.#head(room, inCall);
    if (inCall !== this.#wasCalling) this.#callTurned(inCall);
    if (this.#sheet !== "camera") {
      this.camera.setting = false;
      this.closeMenu();
    }
    const base = inCall ? this.call : this.home;
    const view = this.#sheet ? this.sheets[this.#sheet] : base;
    for (const one of [this.home, this.call, ...Object.values(this.sheets)]) show(one, one === view);
    for (const part of [this.back, this.sheetName]) show(part, this.#sheet !== null);
    show(this.roomName, this.#sheet === null);
    const over = inCall && this.#sheet !== null;
    show(this.callKeys, over);
    attribute(this.bar, "data-over-call", over);
    if (over) this.callKeys.update(room);
    text(this.sheetName, !this.#sheet ? "" : this.#sheet === "share" && !inCall ? t("home.laptop") : t(`${this.#sheet}.title`));
    attribute(this, "data-sheet", this.#sheet !== null);
    attribute(this, "data-view", this.#sheet ?? (inCall ? "call" : "home"));
    // Help is words alone: it stays usable when nothing else may be touched.
    const usable = overlay === null && (this.live.ready || this.#sheet === "help");
    if (!usable) this.holds.stop();
    const asked = usable && this.question.update(room);
    attribute(this.bar, "inert", overlay !== null || asked);
    attribute(this.main, "inert", !usable || asked);
    for (const part of [this.notices, this.question, this.changed, this.callKeys]) attribute(part, "inert", !usable || !this.live.ready);
    attribute(this.bar, "data-told", this.notices.update(room, inCall));
    const place = inCall ? this.call.audio : this.bar;
    if (this.changed.parentElement !== place) place.append(this.changed);
    this.changed.update(room);
    attribute(this.bar, "data-changed", !inCall && !this.changed.hidden);
    this.live.listen(usable && (this.#sheet === "sound" || (view === this.call && (microphone(room.audio, null).state === "open" || room.audio.wall === "stands"))));
    this.sheets.remote_control.watch(this.#sheet === "remote_control", usable && !asked);
    view.update(room);
    text(this.time, this.clock.hourMinute(this.clock.now()));
    show(this.date, this.#sheet === null && !inCall);
    text(this.date, this.clock.day(language(), this.clock.now(), "short"));
  }

  /** Devices that a plug-in brings: their words come early, for other views say them, too. @param {string[]} kinds */
  #further(kinds) {
    const { kinds: sheet } = this.sheets;
    show(this.kinds, kinds.length > 0);
    if (kinds.length > 0 && sheet.empty) void sheet.begin(() => this.refresh());
    const label = /** @type {Element} */ (this.kinds.lastElementChild);
    words(label, kinds.length === 1 && !sheet.empty ? `kind.${kinds[0]}` : "kinds.title");
  }

  /**
   * What stands in the bar: the room, or the meeting that it is in, and when that has to end.
   * @param {Room} room
   * @param {boolean} inCall
   */
  #head(room, inCall) {
    const { identity, meeting } = room;
    logo(this.logo, room.look);
    const where = [identity.building, identity.floor_label];
    const what = [platformName(room, meeting.platform) || (meeting.host ?? ""), meeting.number ? spaced(meeting.number) : ""];
    attribute(this.name, "role", inCall ? "heading" : null);
    attribute(this.name, "aria-level", inCall ? 1 : null);
    text(this.name, inCall ? (meeting.title ?? t("call.untitled")) : identity.display_name);
    const [first, ...more] = (inCall ? what : where).filter(Boolean);
    text(this.place, first ?? "");
    text(this.rest, more.map((one) => ` · ${one}`).join(""));
    const ends = inCall ? ending(room, this.clock) : null;
    show(this.until, ends !== null && this.#sheet === null); // a sheet has Mute and Leave there
    show(this.ends, ends !== null);
    this.ends.disabled = !this.may("booking.extend");
    this.longer.update(room);
    text(this.endsWords, ends?.words ?? "");
    attribute(this.ends, "data-near", ends?.near ?? false);
  }

  /**
   * A call began or ended: its view comes to the front.
   * @param {boolean} inCall
   */
  #callTurned(inCall) {
    this.#wasCalling = inCall;
    this.holds.stop();
    this.call.disarm();
    if (this.#sheet !== "help") this.#sheet = null;
    if (!inCall) this.#chosen = null;
    this.#speak();
  }

  /** @returns {Overlay} */
  #covered() {
    const { room, unpaired, stale } = this.live;
    if (unpaired) return "unpaired";
    if (!room) return stale ? "waiting" : "starting";
    if (room.phase === "starting") return "starting";
    return room.panel.awake ? null : "asleep";
  }

  #speak() {
    const given = [this.#chosen, kept("language"), this.live.room?.identity.language, this.live.language, navigator.language];
    const wanted = given.find(speakable) ?? (navigator.language.startsWith("zh") ? "zh-CN" : "en");
    if (wanted !== document.documentElement.lang || language() !== wanted) speak(wanted);
    document.title = this.live.room?.identity.display_name ?? t("page.title");
  }

  /** Have this panel begin in a language, or in the room's. @param {Language | null} wanted */
  keepLanguage(wanted) {
    keep("language", wanted);
    this.#chosen = null;
    this.refresh();
  }

  #turnLanguage() {
    this.#chosen = LANGUAGES[(LANGUAGES.indexOf(language()) + 1) % LANGUAGES.length];
    this.refresh();
  }

  #tick() {
    const idle_ms = performance.now() - this.#touched_ms;
    if (idle_ms > FORGET_MS && (this.#chosen || this.#sheet)) {
      this.#chosen = null;
      this.#sheet = null;
    }
    if (this.live.ready) this.sheets.help.attend();
    if (this.live.outdated && this.live.ready && idle_ms > RELOAD_MS) location.reload();
    this.refresh();
  }
}

customElements.define("room-panel", RoomPanel);

await load();
const panel = new RoomPanel();
document.body.replaceChildren(panel);
await panel.start();
