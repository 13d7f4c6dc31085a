/** What staff's pages know of a room: who asks, its document, what the API answers. */

/** @import { Arguments, CurrentSession, Problem, Room } from "../lib/types.js" */

import { RoomClock } from "../lib/clock.js";
import { say } from "../lib/i18n.js";
import { complaint } from "../lib/labels.js";

const KEPT = "roomctl.token"; // in sessionStorage: it goes with the tab, and no other tab has it
const ANSWER_MS = 15_000;
const LONG_MS = 60_000; // for what the room does while it answers
const SILENCE_MS = 3000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 1500;

/** @typedef {{ok: boolean, status: number, value: any, problem: Problem | null}} Answer */

export class Desk {
  /** @type {Room | null} */ room = null;
  /** @type {CurrentSession | null} null: the room has not been asked yet */ session = null;
  /** Whether what is shown may be old: nothing was heard for 3 s. */
  stale = false;
  /** When something was heard last, in the room's time. */
  heard_ms = 0;
  clock = new RoomClock();
  #token = sessionStorage.getItem(KEPT) ?? "";
  #stream = new AbortController();
  #silence = 0;
  #failures = 0;

  /**
   * @param {() => void} changed told after every change
   * @param {() => void} over told when nobody is signed in any more
   */
  constructor(changed, over) {
    this.changed = changed;
    this.over = over;
  }

  /** Whether who is signed in has a right, by its name in roles.py. @param {string} right */
  may(right) {
    return this.session?.may.includes(right) ?? false;
  }

  /** Whether it is a token that is signed in here, and not the browser. */
  get byToken() {
    return this.#token !== "";
  }

  /**
   * Ask who this is; with a token, whose it is. An unknown token is forgotten.
   * @param {string} [token]
   * @returns {Promise<"in" | "nobody" | "too_little" | "unreachable">}
   */
  async signIn(token) {
    if (token !== undefined) this.#token = token;
    const answer = await this.ask("GET", "/api/v1/session");
    if (!answer.ok) return "unreachable";
    this.session = answer.value;
    const found = this.may("statistics") ? "in" : this.session?.role && this.byToken ? "too_little" : "nobody";
    if (found !== "in") this.#token = "";
    if (this.#token) sessionStorage.setItem(KEPT, this.#token);
    else sessionStorage.removeItem(KEPT);
    if (found === "in") void this.#follow();
    return found;
  }

  /**
   * Sign this browser in with a person's password.
   * @param {string} name
   * @param {string} password
   */
  async signInAs(name, password) {
    this.#token = "";
    const answer = await this.ask("POST", "/api/v1/staff/sign-in", { name, password });
    return answer.ok ? this.signIn("") : answer;
  }

  /** Sign out here; a session of the browser ends, a token stays what it is. */
  async signOut() {
    if (!this.byToken) await this.ask("POST", "/api/v1/sign-out");
    this.#leave();
  }

  #leave() {
    this.#token = "";
    sessionStorage.removeItem(KEPT);
    this.#stream.abort();
    clearTimeout(this.#silence);
    this.room = null;
    this.stale = false;
    if (this.session) this.session = { ...this.session, role: null, name: null, may: [] };
    this.over();
  }

  /**
   * Ask the API; a body is sent as JSON, and an answer is read as what it is.
   * @param {"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<Answer>}
   */
  async ask(method, path, body) {
    try {
      const asked = performance.now();
      const answer = await fetch(path, { method, headers: this.#headers(body !== undefined), body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(method === "GET" ? ANSWER_MS : LONG_MS) });
      this.#learn(answer, performance.now() - asked);
      const json = (answer.headers.get("content-type") ?? "").includes("json");
      const value = json ? await answer.json() : answer.status === 204 ? null : await answer.blob();
      if (answer.status === 401 && this.session?.role && path !== "/api/v1/session") this.#leave();
      return { ok: answer.ok, status: answer.status, value, problem: answer.ok ? null : value };
    } catch {
      return { ok: false, status: 0, value: null, problem: null };
    }
  }

  /**
   * Have the room do something.
   * @template {keyof Arguments} T
   * @param {T} type
   * @param {Arguments[T]} [args]
   */
  command(type, args) {
    return this.ask("POST", "/api/v1/commands?wait_s=30", { type, args: args ?? {} });
  }

  /**
   * Fetch a file and have the browser keep it; no address of it holds a token.
   * @param {string} path
   * @param {string} name
   */
  async save(path, name) {
    const answer = await this.ask("GET", path);
    if (!answer.ok) return answer;
    const data = answer.value instanceof Blob ? answer.value : new Blob([JSON.stringify(answer.value, null, 2)], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(data);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), ANSWER_MS);
    return answer;
  }

  /** @param {boolean} json */
  #headers(json) {
    /** @type {Record<string, string>} */ const headers = {};
    if (this.#token) headers.authorization = `Bearer ${this.#token}`;
    if (json) headers["content-type"] = "application/json";
    return headers;
  }

  /**
   * The server's time is right to the second.
   * @param {Response} answer
   * @param {number} trip_ms
   */
  #learn(answer, trip_ms) {
    const date = answer.headers.get("date");
    if (date) this.clock.learn(new Date(Date.parse(date) + 500).toISOString(), Math.max(trip_ms, 1000));
  }

  /** Hear of every change until it is signed out; a line that is cut is taken up again, for ever. */
  async #follow() {
    const stream = (this.#stream = new AbortController());
    let last = "";
    this.#wait();
    while (!stream.signal.aborted) {
      try {
        const headers = { ...this.#headers(false), ...(last ? { "last-event-id": last } : {}) };
        const answer = await fetch("/api/v1/events?pulse_s=1", { headers, signal: stream.signal });
        if (answer.status === 401 || answer.status === 403) return this.#leave();
        if (answer.ok && answer.body) {
          this.#learn(answer, 1000);
          for await (const event of events(answer.body, () => this.#hear())) {
            last = event.id || last;
            if (event.data) this.#take(event.event, JSON.parse(event.data));
          }
        }
      } catch {
        // The line is gone, or was never there.
      }
      if (stream.signal.aborted) return;
      const wait_ms = Math.min(FIRST_WAIT_MS * 2 ** Math.min(this.#failures++, 8), LONGEST_WAIT_MS);
      await new Promise((resolve) => setTimeout(resolve, wait_ms));
    }
  }

  /**
   * @param {string} kind
   * @param {Partial<Room>} data
   */
  #take(kind, data) {
    if (kind === "room") this.room = /** @type {Room} */ (data);
    else if (this.room) this.room = { ...this.room, ...data };
    if (this.room) this.clock.zone = this.room.identity.timezone;
    this.changed();
  }

  #hear() {
    this.#failures = 0;
    this.heard_ms = this.clock.now();
    this.#wait();
    if (!this.stale) return;
    this.stale = false;
    this.changed();
  }

  /** Wait for the next sign of life, and say so when none comes. */
  #wait() {
    clearTimeout(this.#silence);
    this.#silence = Number(setTimeout(() => {
      this.stale = this.room !== null;
      this.changed();
    }, SILENCE_MS));
  }
}

/**
 * The events of a stream (HTML, 9.2.6), as they come; `heard` is told of every byte.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {() => void} heard
 */
async function* events(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      /** @type {{id: string, event: string, data: string}} */ const event = { id: "", event: "", data: "" };
      for (const line of block.split("\n")) {
        const [name, ...words] = line.split(": ");
        if (name === "id" || name === "event" || name === "data") event[name] += words.join(": ");
      }
      yield event;
    }
  }
}

/**
 * Why something was not done, in words.
 * @param {Answer} answer
 * @returns {string}
 */
export function whyNot({ problem }) {
  if (!problem) return say("error", "unconfirmed");
  const { code, params = {} } = problem;
  return complaint({ status: "failed", error: { code, params } }) ?? "";
}
