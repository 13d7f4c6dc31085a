/** What the panel's views share, in types; the room's own are in types.js. Nothing here runs. */

/** @import { Outcome, StaffState } from "./live.js" */
/** @import { Arguments } from "./types.js" */

/** @typedef {"drive" | "zoom" | "home" | "recall" | "store" | "power" | "goto" | "focus" | "exposure" | "white_balance" | "backlight" | "exposure_compensation" | "menu" | "delete_preset" | "ir_receive" | "tally" | "tracking"} Ability */

/** @typedef {"join" | "new" | "camera" | "sound" | "today" | "booking" | "occupancy" | "help" | "share" | "remote_control" | "staff" | "series" | "walkthrough" | "walkthroughs" | "page_name" | "kinds"} Sheet */

/** @typedef {{pin: boolean, role: string | null, ends_in_s: number | null, wait_s: number}} StaffModel */
/** @typedef {{code: string, detail: string}} Problem */
/** @typedef {{does: string[], pictures: number, optional: boolean, person: boolean, asks: number[]}} ShownStep what is done after its press; `asks` are other texts that were typed, by length */
/** @typedef {{name: string, platform: string, by: string, at: string | null, tries: number, misses: number, steps: ShownStep[], by_room: string | null, given_up: boolean}} ShownPage */

/**
 * Has the room do something; a failure is told.
 * @typedef {<T extends keyof Arguments>(type: T, args?: Arguments[T], patience_ms?: number) => Promise<Outcome>} Ask
 */

/** @typedef {Extract<keyof Arguments, `camera.${string}`>} CameraCommand */

/**
 * What a view may ask of the panel that shows it.
 * @typedef {object} Panel
 * @property {import("./clock.js").RoomClock} clock
 * @property {import("./hold.js").Holds} holds
 * @property {"muting" | "unmuting" | null} pendingMute asked for here, confirmed by nobody yet
 * @property {boolean} stale
 * @property {(wanted: import("./i18n.js").Language | null) => void} keepLanguage have this panel begin in a language, or in the room's
 * @property {boolean} ready whether a command can be sent now
 * @property {Ask} quietly has the room do something, and tells nobody of a failure
 * @property {boolean} phone whether this is a visitor's phone, which does not see the room's display
 * @property {boolean} signIn whether staff have accounts to sign in with, on their own pages
 * @property {(command: string) => boolean} may whether this browser may ever give a command; "audio.unmute" is one
 * @property {{chosen: string | null, setting: boolean, menu: string | null}} camera the one that is steered here, whether its settings are shown, and the camera whose own menu was opened here
 * @property {(sheet: Sheet | null) => void} open show a sheet, or none
 * @property {() => void} begin start a meeting on the only platform that can be started, or ask on which
 * @property {() => boolean} mayBegin whether a meeting may begin at this touch: who takes the devices from a laptop is told so first
 * @property {Ask} ask do something; a failure is told
 * @property {Ask} attempt do something; the view says itself if it fails
 * @property {(words: string, mark?: import("./icon.js").IconName) => void} tell say something in passing
 * @property {() => void} refresh draw again
 * @property {StaffState | null} staff staff's rights here; null: it was not said
 * @property {() => void} elevate ask for the staff PIN; whoever enters it comes back to this sheet
 * @property {() => void} elevated told when a PIN gave something, or that was given up
 * @property {() => void} closeMenu close the camera's own menu that was opened here
 */

export {};
