/** The room, live: one WebSocket that never gives up, the document it carries, and commands. Draws nothing. */

/** @import { AckReply, Arguments, Command, HelloReply, LiveError, LiveMessage, LiveReply, PatchReply, Room, SnapshotReply } from "./types.js" */
/** @import { RoomClock } from "./clock.js" */

/** @typedef {{status: AckReply["status"] | "unconfirmed", error: LiveError | null, result?: Record<string, unknown> | null}} Outcome */
/** @typedef {{pin: boolean, role: string | null, ends_ms: number}} StaffState of the PIN here: is there one, the role it gave, until when in the room's time */

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 1500; // a server that is back is live here within 2 s
const CONNECT_MS = 4000;
const SILENCE_MS = 3000;
/** A finger that is already coming down was aimed at the old picture; a page may say for how long. */
const GUARD_MS = Number(document.documentElement.dataset.guardMs ?? 300);
const ACK_MS = 2000;
const PING_MS = 10000;

export class Live {
  /** @type {Room | null} */ room = null;
  /** Whether the picture may be wrong: nothing was heard for 3 s, and no fresh snapshot since. */
  stale = false;
  /** Whether a tap may be believed and can be sent. */
  ready = false;
  /** Whether the server does not know this panel. */
  unpaired = false;
  /** Whether another server, or other pages, stand where these came from. */
  outdated = false;
  /** When the picture was last true, in the room's time. */
  heard_ms = 0;
  /** @type {string | null} */ language = null;
  /** Whether the server takes this for a visitor's phone. */
  phone = false;
  /** Whether staff have accounts to sign in with, on their own pages. */
  signIn = false;
  /** @type {string[]} kinds of devices that plug-ins bring (`GET /api/v1/kinds`) */ kinds = [];
  /** @type {Set<string> | null} the commands that this browser may give; null: it was not said */ may = null;
  /** @type {StaffState | null} */ staff = null;

  /** @type {(pct: number, behind: boolean) => void} told how loud the microphone is, while that is listened to, and if it is behind the wall */ heard = () => {};

  /** @type {WebSocket | null} */ #socket = null;
  #failures = 0;
  #asked = false;
  #listens = false; // to the level, over the present socket
  #fresh = false; // a snapshot has come over the present socket
  /** @type {string | null} */ #origin = null;
  /** @type {Record<"retry" | "connect" | "silence" | "guard" | "ping", number>} */
  #timers = { retry: 0, connect: 0, silence: 0, guard: 0, ping: 0 };
  /** @type {Map<string, (outcome: Outcome) => void>} */ #waiting = new Map();

  /**
   * @param {string} url of the WebSocket
   * @param {RoomClock} clock learns the server's time
   * @param {() => void} changed told after every change
   * @param {() => void} lost told when the socket is gone
   * @param {() => Promise<boolean>} paired asks the server whether it knows this panel
   */
  constructor(url, clock, changed, lost, paired) {
    this.url = url;
    this.clock = clock;
    this.changed = changed;
    this.lost = lost;
    this.paired = paired;
  }

  /** Connect, now; an attempt under way is given up. */
  start() {
    const old = this.#socket;
    this.#socket = null;
    old?.close();
    this.#after("retry", 0, null);
    this.#connect();
    if (!this.#timers.silence) this.#listen();
  }

  /**
   * Ask for something and learn what became of it; without an answer in time it is `unconfirmed`.
   * @template {keyof Arguments} T
   * @param {T} type
   * @param {Arguments[T]} [args]
   * @param {number} [patience_ms]
   * @returns {Promise<Outcome>}
   */
  command(type, args, patience_ms = ACK_MS) {
    const id = uuid();
    return new Promise((resolve) => {
      const command = /** @type {Command} */ ({ type, args: args ?? {} });
      if (!this.send({ type: "command", id, command })) {
        resolve({ status: "unconfirmed", error: null });
        return;
      }
      const forget = () => this.#settle(id, { status: "unconfirmed", error: null });
      const timer = setTimeout(forget, patience_ms);
      this.#waiting.set(id, (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
    });
  }

  /**
   * Send a message if there is a socket to send it on.
   * @param {LiveMessage} message
   * @returns {boolean} whether it went out
   */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /**
   * Have the microphone's level told, or no longer; may be said as often as one likes.
   * @param {boolean} on
   */
  listen(on) {
    if (on !== this.#listens && this.send({ type: "listen", on })) this.#listens = on;
  }

  #connect() {
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    socket.onmessage = (event) => this.#receive(socket, event.data);
    socket.onclose = (event) => void this.#drop(socket, event.code);
    this.#after("connect", CONNECT_MS, () => void this.#drop(socket, 0));
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  async #drop(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    socket.close();
    this.#fresh = this.#listens = this.ready = false;
    for (const name of /** @type {const} */ (["connect", "guard", "ping"])) this.#after(name, 0, null);
    this.lost();
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { status: "unconfirmed", error: null });
    const wait_ms = Math.min(FIRST_WAIT_MS * 2 ** Math.min(this.#failures, 8), LONGEST_WAIT_MS);
    this.#failures += 1;
    this.#after("retry", wait_ms * (0.8 + 0.2 * Math.random()), () => this.#connect());
    this.changed();
    // A refused upgrade looks like a dead server from here; only HTTP tells them apart.
    const known = code === 4401 || code === 1008 ? false : await this.paired();
    if (this.unpaired === known && !this.#fresh) {
      this.unpaired = !known;
      this.changed();
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {string} data
   */
  #receive(socket, data) {
    if (socket !== this.#socket) return;
    /** @type {LiveReply} */ const message = JSON.parse(data);
    this.#after("connect", 0, null);
    this.#listen();
    this.unpaired = false;
    if (message.type === "hello") this.#greet(message);
    else if (message.type === "snapshot") this.#replace(message);
    else if (message.type === "patch") this.#patch(message);
    else if (message.type === "level") this.heard(message.pct, message.behind_wall === true);
    else if (message.type === "ack") this.#settle(message.id, { status: message.status, error: message.error ?? null, result: message.result ?? null });
    else if (message.type === "beat") this.clock.learn(message.server_time);
    else if (message.type === "pong") this.clock.learn(message.server_time, performance.now() - message.t);
    this.heard_ms = this.clock.now();
  }

  /** @param {HelloReply} hello */
  #greet(hello) {
    const origin = `${hello.boot_id} ${hello.ui_version}`;
    this.outdated ||= this.#origin !== null && this.#origin !== origin;
    this.#origin = origin;
    this.language = hello.language;
    this.phone = hello.phone === true;
    this.signIn = hello.sign_in === true;
    this.kinds = hello.kinds ?? [];
    this.may = hello.may ? new Set(hello.may) : null;
    this.clock.learn(hello.server_time);
    const { staff } = hello;
    this.staff = staff ? { pin: staff.pin, role: staff.role, ends_ms: this.clock.now() + 1000 * (staff.ends_in_s ?? 0) } : null;
    this.#ping();
    this.changed();
  }

  #ping() {
    this.send({ type: "ping", t: performance.now() });
    this.#after("ping", PING_MS, () => this.#ping());
  }

  /** @param {SnapshotReply} message */
  #replace({ rev, room }) {
    this.room = { ...room, rev };
    this.clock.zone = room.identity.timezone;
    this.#asked = false;
    this.#failures = 0;
    this.stale = false;
    if (!this.#fresh) {
      this.#fresh = true;
      this.#after("guard", GUARD_MS, () => {
        this.ready = true;
        this.changed();
      });
    }
    this.changed();
  }

  /** @param {PatchReply} message */
  #patch({ rev, set }) {
    if (!this.room || this.#asked || rev <= this.room.rev) return;
    if (rev !== this.room.rev + 1) {
      this.#asked = this.send({ type: "snapshot" });
      return;
    }
    this.room = { ...this.room, ...set, rev };
    this.clock.zone = this.room.identity.timezone;
    this.changed();
  }

  /**
   * @param {string} id
   * @param {Outcome} outcome
   */
  #settle(id, outcome) {
    this.#waiting.get(id)?.(outcome);
    this.#waiting.delete(id);
  }

  /** Wait for the next sign of life, and say so when none comes. */
  #listen() {
    this.#after("silence", SILENCE_MS, () => {
      this.stale = true;
      this.#timers.silence = 0;
      if (this.#socket?.readyState === WebSocket.OPEN) void this.#drop(this.#socket, 0);
      this.changed();
    });
  }

  /**
   * @param {"retry" | "connect" | "silence" | "guard" | "ping"} name
   * @param {number} wait_ms
   * @param {(() => void) | null} act
   */
  #after(name, wait_ms, act) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = act ? Number(setTimeout(act, wait_ms)) : 0;
  }
}

/** A UUID; `crypto.randomUUID` is missing where a phone uses plain http. @returns {string} */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20, 32].map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end)).join("-");
}
