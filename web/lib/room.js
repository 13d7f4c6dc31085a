/** The room document, in types. Nothing here runs. */

/** @typedef {"starting" | "online" | "offline"} Status */
/** @typedef {"camera" | "speakerphone" | "occupancy" | "screen" | "calendar"} Kind */
/** @typedef {"drive" | "zoom" | "home" | "recall" | "store" | "power" | "goto" | "focus" | "exposure" | "white_balance" | "ir_receive" | "tally" | "tracking"} Ability */
/** @typedef {"idle" | "preparing" | "prejoin" | "joining" | "lobby" | "in_call" | "leaving" | "ended" | "failed" | "unknown"} MeetingState */
/** @typedef {"muted" | "muting" | "open" | "unmuting" | "unknown"} Mute */

/** @typedef {{id: string, displayName: string, building: string, floorLabel: string, capacity: number | null, timezone: string, language: string, help: string, wifi?: string}} Identity */
/** @typedef {{name: string, kind: Kind, status: Status, reason: string | null, detail: string | null, since: string}} Device */
/** @typedef {{number: number, name: string, picture?: string | null}} Preset */
/** @typedef {{exposure: string[], white_balance: string[], tally: string[]}} Modes */
/** @typedef {{name: string, label: string, power: boolean | null, pan_deg: number | null, tilt_deg: number | null, zoom_pct: number | null, moving: boolean, preset: number | null, presets: Preset[], can: Ability[], focus?: "auto" | "manual" | null, exposure?: string | null, white_balance?: string | null, ir_receive?: boolean | null, tally?: string | null, tracking?: boolean | null, modes?: Modes, picture?: "meeting" | "other" | "unknown"}} Camera what a model cannot is null, or left out by an older room */
/** @typedef {{state: MeetingState, platform: string | null, title: string | null, host: string | null, number: string | null, since: string | null, failure: string | null, evidence: "media" | "page" | "none", shown?: boolean, relay?: boolean, can_press_join?: boolean, dial?: string[], fallback?: {platform: string, way: "link" | "new"} | null, rejoin?: boolean}} Meeting what an older room does not say is left out */
/** @typedef {{id: string, title: string | null, organizer: string | null, start: string, end: string, platform: string | null, join: "now" | "later" | "none", refused: string | null, status?: "booked" | "used" | "checked_in" | "released"}} Booking */
/** @typedef {{key: string, name: {zh: string, en: string}, new: boolean, by_number: boolean}} Platform */
/** @typedef {{name: string, platform: string | null}} Favourite */
/** @typedef {{code: string, params: Record<string, unknown>}} Coded */
/** @typedef {{state: "unknown" | "vacant" | "occupied" | "vacating", probability: number | null, reasons: Coded[], since: string | null, healthy?: number, configured?: number, door?: "open" | "closed" | null}} Occupancy */
/** @typedef {"wake" | "rest" | "release" | "end_call"} Act */
/** @typedef {{act: Act, subject: string, at: string}} Notice what the room will do by itself at that time, unless somebody says *keep it* */
/** @typedef {{number: number, act: Act, subject: string, at: string, reasons: Coded[], undo: boolean}} Deed what it did by itself */
/** @typedef {{notices: Notice[], acts: Deed[]}} Automation */
/** @typedef {{name: string, label: string, port_path: string | null, online: boolean, used: boolean, mic_gated: boolean}} Speakerphone */
/** @typedef {{mute: Mute, volume_pct: number | null, available: boolean, asked?: "muted" | "open" | null, by?: string, name?: string, why?: string, since?: string | null, switch?: "none" | "off" | "on" | "unknown", meeting_muted?: boolean | null, speakerphones?: Speakerphone[]}} Audio what an older room does not say is left out */
/** @typedef {{code: string, subject: string, params: Record<string, unknown>, since: string}} Issue */

/**
 * @typedef {object} Room
 * @property {number} rev
 * @property {Identity} identity
 * @property {"starting" | "ready"} phase
 * @property {Device[]} devices
 * @property {Camera[]} cameras
 * @property {Meeting} meeting
 * @property {Booking[]} bookings
 * @property {Platform[]} platforms
 * @property {Favourite[]} favourites
 * @property {Occupancy} occupancy
 * @property {Automation} [automation]
 * @property {Audio} audio
 * @property {{awake: boolean, asks?: "leave" | null}} panel
 * @property {Issue[]} issues
 */

/** @typedef {{status: "done" | "refused" | "failed" | "unknown" | "unconfirmed", error: Coded | null, result?: Record<string, unknown> | null}} Outcome */

/** @typedef {"join" | "new" | "camera" | "sound" | "today" | "why" | "help" | "relay"} Sheet */

/**
 * What a view may ask of the panel that shows it.
 * @typedef {object} Panel
 * @property {import("./clock.js").RoomClock} clock
 * @property {import("./hold.js").Holds} holds
 * @property {"muting" | "unmuting" | null} pendingMute asked for here, confirmed by nobody yet
 * @property {boolean} stale
 * @property {boolean} phone whether this is a visitor's phone, which does not see the room's display
 * @property {(command: string) => boolean} may whether this browser may ever give a command; "audio.unmute" is one
 * @property {{chosen: string | null, setting: boolean}} camera the one that is steered here, and whether its settings are shown
 * @property {(sheet: Sheet | null) => void} open show a sheet, or none
 * @property {(type: string, args?: Record<string, unknown>, patience_ms?: number) => Promise<Outcome>} ask do something; a failure is told
 * @property {(words: string, mark?: import("./icon.js").IconName) => void} tell say something in passing
 * @property {() => void} refresh draw again
 */

export {};
