/**
 * The room document, the commands and the socket's messages, in types. Nothing here runs.
 * Made from the API's schemas by `make types`: change those, not this.
 */

/**
 * The brand's colour as keys take it, and what is written on them, in light and in dark.
 * @typedef {object} Accent
 * @property {string} light
 * @property {string} on_light
 * @property {string} dark
 * @property {string} on_dark
 */

/**
 * Something that the room did by itself, and why; `undo`: it can be undone, still.
 * @typedef {object} Act
 * @property {number} number
 * @property {"wake" | "standby" | "release" | "end_call" | "camera_wake" | "camera_join" | "camera_leave" | "camera_standby" | "byom_take"} act
 * @property {string} subject
 * @property {string} at
 * @property {Reason[]} reasons
 * @property {boolean} undo
 */

/**
 * Microphone and loudspeaker; `mute` is `muted` only when silence has been read back. `requested`
 * is what somebody wants, proven or not; `requested_by` is who was the last, and
 * `requested_by_name` which one of them. `reason` says what is missing to what was requested, or
 * what to beware of: not_confirmed, switch, heard (programs hear the room although every mute was
 * read back), gain, offline, conflict, led_unavailable (no LED shows it, or one may show the
 * opposite), not_stored (the next start may not know of it), laptop (a laptop has the microphone).
 * `switch` is what the devices' own capture switches let through, and `gain_pct` how far the room's
 * microphone is turned up; `meeting_muted` whether the meeting itself has the room muted, where its
 * page can be read. `available` is whether there is a sound server. `listening`: whether a program
 * records from a microphone of the room, whichever it is; false: an open one is heard by nobody;
 * null: not known. `talking_while_muted`: somebody talks in a call and is not heard there; false
 * too while nobody is in a call that does not hear the room; null: it cannot be told, as the
 * microphone is muted in its own hardware, or by a sound server without a wall. `talk_hint`:
 * whether people are told of it; they may turn it off for a meeting. `wall`: whether the microphone
 * is behind a wall, so that *muted* is silence that was measured; away: it should be, and what
 * keeps the wall does not run. `last_heard`: when the room was last known to hear and to be heard;
 * null: never.
 * @typedef {object} Audio
 * @property {"muted" | "muting" | "open" | "unmuting" | "unknown"} mute
 * @property {number | null} volume_pct
 * @property {number | null} gain_pct
 * @property {boolean} available
 * @property {"muted" | "open" | null} requested
 * @property {"panel" | "program" | "speakerphone" | "hang_up" | "found" | "sound" | "unplugged" | "call_started" | "call_ended"} requested_by
 * @property {string} requested_by_name
 * @property {string} reason
 * @property {string | null} since
 * @property {"none" | "off" | "on" | "unknown"} switch
 * @property {boolean | null} meeting_muted
 * @property {boolean | null} listening
 * @property {boolean | null} talking_while_muted
 * @property {boolean} talk_hint
 * @property {"none" | "stands" | "away"} wall
 * @property {LastHeard | null} last_heard
 * @property {Speakerphone[]} speakerphones
 */

/**
 * What the room is about to do by itself, and what it did lately, oldest first.
 * @typedef {object} Automation
 * @property {Notice[]} notices
 * @property {Act[]} acts
 */

/**
 * Whether the room is booked, by its calendar alone, and `until` when; null: nobody knows.
 * "awaited": `booking` has begun, and nobody is there; it is released at `release_at`, if the room
 * does that. Bookings that touch are one stretch.
 * @typedef {object} Availability
 * @property {"available" | "booked" | "awaited"} state
 * @property {string | null} until
 * @property {string | null} booking
 * @property {string | null} release_at
 */

/**
 * What somebody in the room, or a program, changed of a booking, while it can be undone. `id` is
 * what `booking.undo` takes; move_end: it ends at `end`, and not at `was_end`. `asking`: the
 * calendar has not answered yet, and may have another word.
 * @typedef {object} BookingChange
 * @property {string} id
 * @property {"reserve" | "move_end" | "check_in" | "release"} kind
 * @property {string} booking
 * @property {string | null} title
 * @property {string} end
 * @property {string} was_end
 * @property {string} at
 * @property {string} requested_by_name
 * @property {boolean} asking
 */

/**
 * A booking of today; `join` is `now` while it may be joined with one tap. `tentative`: it may
 * still change, or the room has not accepted it. A `private` one has neither title nor organizer.
 * After it the room is free until `free_until`; null: nothing is known to come; its end: another
 * one follows at once.
 * @typedef {object} Booking
 * @property {string} id
 * @property {string | null} title
 * @property {string | null} organizer
 * @property {string} start
 * @property {string} end
 * @property {string | null} platform
 * @property {"now" | "later" | "none"} join
 * @property {string | null} refused
 * @property {"booked" | "used" | "checked_in" | "released"} status
 * @property {boolean} private
 * @property {boolean} tentative
 * @property {boolean} all_day
 * @property {string | null} free_until
 */

/**
 * Who has the room's USB camera and speakerphone, where a switch can give them to a laptop.
 * `holder` is what is known: the room while one of them answers it, else what the switch says.
 * `requested` was asked for and is not confirmed: a relay never says so. `late`: it should have
 * been by now. `lent`: a laptop has them, or was given them and none answers the room. `camera` and
 * `speakerphone` are what programs on a laptop call them; null: they have not said.
 * @typedef {object} Byom
 * @property {"room" | "laptop" | "unknown"} holder
 * @property {string | null} since
 * @property {"room" | "laptop" | null} requested
 * @property {string} requested_by
 * @property {string} requested_by_name
 * @property {boolean} late
 * @property {boolean} lent
 * @property {boolean} reads_back
 * @property {boolean | null} plugged
 * @property {string[]} devices
 * @property {string | null} camera
 * @property {string | null} speakerphone
 */

/**
 * A camera: degrees right and up, zoom 0-100 % (wide to tele), focus 0-100 % (far to near). `can`
 * lists what it is able to do, `modes` what it can be set to, `tally` which lamp is lit;
 * `exposure_compensation` counts steps, brighter is positive; `flip` and `mirror` say how it turns
 * its picture, `menu` whether its own menu is open, whose keys are in `modes`; `picture` says
 * whether the meeting sees what it sees. null: not known, or it has no such thing.
 * @typedef {object} Camera
 * @property {string} name
 * @property {string} label
 * @property {boolean | null} power
 * @property {number | null} pan_deg
 * @property {number | null} tilt_deg
 * @property {number | null} zoom_pct
 * @property {boolean} moving
 * @property {"auto" | "manual" | null} focus
 * @property {number | null} focus_pct
 * @property {string | null} exposure
 * @property {string | null} white_balance
 * @property {boolean | null} backlight
 * @property {number | null} exposure_compensation
 * @property {boolean | null} flip
 * @property {boolean | null} mirror
 * @property {boolean | null} menu
 * @property {boolean | null} ir_receive
 * @property {string | null} tally
 * @property {boolean | null} tracking
 * @property {number | null} preset
 * @property {Preset[]} presets
 * @property {string[]} can
 * @property {Record<string, string[]>} modes
 * @property {"meeting" | "other" | "unknown"} picture
 */

/**
 * One thing that must hold for the room to be ready; null: it is not known whether it does.
 * `reason` is from a closed list, `message` names whom it concerns, for a technician. `since`: when
 * it began to hold, or not to; `since_proven`: the clock was right then.
 * @typedef {object} Condition
 * @property {"reachable" | "devices_present" | "audio_ready" | "video_ready" | "platform_ready" | "calendar_fresh" | "config_applied" | "storage_sound" | "ready"} type
 * @property {boolean | null} status
 * @property {string | null} reason
 * @property {string} message
 * @property {string} since
 * @property {boolean} since_proven
 */

/**
 * A gamepad or joystick: what it calls itself, and the camera that it steers now. `label` is empty
 * while it is not there; null: the room has no camera.
 * @typedef {object} Controller
 * @property {string} name
 * @property {string} label
 * @property {string | null} camera
 */

/**
 * One device: whether it can be used and if not, why (`reason` from a closed list). `title` is what
 * people call it, by language (zh, en); null: by its kind and number.
 * @typedef {object} Device
 * @property {string} name
 * @property {string} kind
 * @property {"starting" | "online" | "offline"} status
 * @property {string | null} reason
 * @property {string | null} detail
 * @property {string} since
 * @property {Record<string, string> | null} title
 */

/**
 * A projector or television. `power` is what it says; `requested_on` what it does not yet say.
 * `lamp_hours` has one number for each lamp; null: not known, or it has no such thing.
 * @typedef {object} Display
 * @property {string} name
 * @property {string} label
 * @property {"unknown" | "off" | "warming" | "on" | "cooling"} power
 * @property {boolean | null} requested_on
 * @property {string | null} input
 * @property {string[]} inputs
 * @property {boolean | null} picture_muted
 * @property {number[]} lamp_hours
 */

/**
 * Another way to meet: the invitation's other `link`, or a `new` meeting on a platform.
 * @typedef {object} Fallback
 * @property {string} platform
 * @property {"link" | "new"} way
 */

/**
 * A meeting that is kept on the panel.
 * @typedef {object} Favourite
 * @property {string} name
 * @property {string | null} platform
 */

/**
 * By what it is known that a room hears, and is heard.
 * @typedef {"tone" | "call"} HearingProof
 */

/**
 * Which room this is.
 * @typedef {object} Identity
 * @property {string} id
 * @property {string} display_name
 * @property {string} building
 * @property {string} floor_label
 * @property {number | null} capacity
 * @property {string} timezone
 * @property {string} language
 * @property {string} help
 * @property {string} wifi
 * @property {string} fingerprint
 * @property {string | null} second_language
 */

/**
 * Something that is wrong now: a code that panels put into words, and its parameters.
 * @typedef {object} Issue
 * @property {string} code
 * @property {string} subject
 * @property {Record<string, string | number | boolean | null>} params
 * @property {string} since
 */

/**
 * When the room was last known to hear and to be heard, and by what. `by`: tone (its microphone
 * heard the test tone), call (programs played sound and heard sound).
 * @typedef {object} LastHeard
 * @property {string} at
 * @property {HearingProof} by
 * @property {string} microphone
 * @property {string} loudspeaker
 */

/**
 * A platform that the room leaves for another one; days are the room's, such as 2020-08-23.
 * `stage`: what has begun, on `since`; null: nothing yet. `next_stage` begins on `next_on`, in
 * `in_days`. `counting`: that is so near that the panel counts the days. `ends_on`: when its links
 * are refused here, whatever comes before; `ends_soon`: that is so near. `cards`: what changed has
 * still to be shown to people.
 * @typedef {object} Leaving
 * @property {string} platform
 * @property {string} to
 * @property {"dual" | "default" | "join_only" | "ended" | null} stage
 * @property {string | null} since
 * @property {"dual" | "default" | "join_only" | "ended" | null} next_stage
 * @property {string | null} next_on
 * @property {number | null} in_days
 * @property {boolean} counting
 * @property {string | null} ends_on
 * @property {boolean} ends_soon
 * @property {boolean} cards
 */

/**
 * How panels and the display look now; null: as roomctl comes. Paths hold for this run.
 * @typedef {object} Look
 * @property {"auto" | "light" | "dark" | "contrast"} theme
 * @property {Accent | null} accent
 * @property {string | null} logo
 * @property {string | null} wallpaper
 */

/**
 * Whether the program is started anew once the room is free, and for whom; the last test. `update`
 * is null where the box cannot update itself.
 * @typedef {object} Maintenance
 * @property {boolean} restart_waits
 * @property {string} requested_by
 * @property {string} requested_by_name
 * @property {Selftest | null} selftest
 * @property {Update | null} update
 */

/**
 * The one call of this room; `evidence` says why `state` is believed, `witnesses` who says so.
 * `in_call`: media flow both ways. `alone`: the room is in the meeting, and nobody else is;
 * `listening`: it hears and sees the meeting, and sends nothing. `interrupted`: it was in the
 * meeting, and the other end gives no sign. `prejoin`: nothing flows yet. A failure with `shown` is
 * one that a person may still mend on the page. `dial` is what another device may call.
 * @typedef {object} Meeting
 * @property {"idle" | "preparing" | "prejoin" | "joining" | "lobby" | "in_call" | "alone" | "listening" | "interrupted" | "leaving" | "ended" | "failed" | "unknown"} state
 * @property {string | null} platform
 * @property {string | null} title
 * @property {string | null} host
 * @property {string | null} number
 * @property {string | null} since
 * @property {string | null} failure
 * @property {"media" | "page" | "none"} evidence
 * @property {("log" | "page" | "sound" | "traffic" | "picture")[]} witnesses
 * @property {boolean} shown
 * @property {boolean} remote_control
 * @property {boolean} covered
 * @property {boolean} can_press_join
 * @property {boolean} can_enter_passcode
 * @property {string[]} dial
 * @property {Fallback | null} fallback
 * @property {boolean} rejoin
 * @property {number | null} call
 * @property {"unasked" | "starting" | "ready" | "little_memory" | "in_sight" | "failed" | "off" | null} waiting
 */

/**
 * What facilities staff tell the people in the room, `until`; who wrote it, and when.
 * @typedef {object} Message
 * @property {string} text
 * @property {string} at
 * @property {string} until
 * @property {string} requested_by
 * @property {string} requested_by_name
 */

/**
 * A room nearby that is free now, and until when; null: no booking is near.
 * @typedef {object} Nearby
 * @property {string} name
 * @property {string | null} until
 */

/**
 * Something that the room will do by itself at `at`, unless somebody says *keep it*.
 * @typedef {object} Notice
 * @property {"wake" | "standby" | "release" | "end_call"} act
 * @property {string} subject
 * @property {string} at
 */

/**
 * Whether somebody is there; `probability` 0-1; `healthy` of `configured` sensors are believed.
 * `door` is whether it stands open, `people` how many are counted (by the sensor that counts most),
 * `co2_ppm` the worst air that is measured; null: nothing tells.
 * @typedef {object} Occupancy
 * @property {"unknown" | "vacant" | "occupied" | "vacating"} state
 * @property {number | null} probability
 * @property {Reason[]} reasons
 * @property {string | null} since
 * @property {number} healthy
 * @property {number} configured
 * @property {"open" | "closed" | null} door
 * @property {number | null} people
 * @property {number | null} co2_ppm
 */

/**
 * A relay or a light: the rule that it follows, and whether it is on; null: not known.
 * @typedef {object} Output
 * @property {string} name
 * @property {"occupied" | "vacant" | "in_call" | "awake" | "booked"} rule
 * @property {boolean | null} on
 */

/**
 * Whether panels and the display are `awake`; `prompt` is what somebody has to answer there.
 * "leave": somebody hung up on the speakerphone (meeting.leave, or meeting.stay).
 * @typedef {object} Panel
 * @property {boolean} awake
 * @property {boolean | null} display_on
 * @property {"leave" | null} prompt
 */

/**
 * A meeting platform this room may use, and what its numbers and names look like. `number` is what
 * a number does here: it opens the meeting; the room passes the vendor's page that asks for it;
 * that page is to be shown to the room first; only a link opens a meeting; or nothing does, as the
 * room has no host of it, or the service has ended. `code` and `named` are patterns of what the
 * vendor, and what people call a meeting there; empty: such are not known.
 * @typedef {object} Platform
 * @property {string} key
 * @property {Record<string, string>} name
 * @property {boolean} new
 * @property {boolean} by_number
 * @property {boolean} default
 * @property {"opens" | "passed" | "to_show" | "link" | "none"} number
 * @property {number[]} digits
 * @property {number[]} usual
 * @property {string[]} groups
 * @property {string} code
 * @property {string} named
 * @property {boolean} passcode_needed
 */

/**
 * A stored camera position; `number` counts from 1.
 * @typedef {object} Preset
 * @property {number} number
 * @property {string} name
 * @property {string | null} picture
 */

/**
 * Why the room is believed occupied or vacant.
 * @typedef {object} Reason
 * @property {string} code
 * @property {Record<string, string | number | boolean | null>} params
 */

/**
 * The last self-test: how many devices ended so; it may still be `running`.
 * @typedef {object} Selftest
 * @property {string} at
 * @property {boolean} running
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * How a laptop is shown here, in the room's own words; each step by language (zh, en). `picture` is
 * a path; `input` is the one of `display` that the cable leads to.
 * @typedef {object} Share
 * @property {Record<string, string>[]} cable
 * @property {Record<string, string>[]} usb
 * @property {string | null} picture
 * @property {string | null} display
 * @property {string | null} input
 */

/**
 * A speakerphone; `port_path` tells two of one model apart. One at most is `used`. `mic_gated`: the
 * device keeps its microphone silent by itself, until it is off-hook.
 * @typedef {object} Speakerphone
 * @property {string} name
 * @property {string} label
 * @property {string | null} port_path
 * @property {boolean} online
 * @property {boolean} used
 * @property {boolean} mic_gated
 */

/**
 * How many meetings began, and how many of them at the first try (`meeting.first_try`).
 * @typedef {object} StartCount
 * @property {number} starts
 * @property {number} first_try
 */

/**
 * How meetings began in a month such as "2026-11"; plain: a person finished the page.
 * @typedef {object} Starts
 * @property {string} month
 * @property {StartCount} assisted
 * @property {StartCount} plain
 */

/**
 * The program's versions: what runs, what is to be had, and what is under way. `request`: which one
 * the updater took last. `refusal`: why the last look, or update, was none. `in_use`: why the room
 * is not free for one now. `not_before`, `requested_by`: of the update that waits.
 * @typedef {object} Update
 * @property {"idle" | "waits" | "checking" | "fetching" | "installing" | "proving" | "returning"} state
 * @property {string} installed
 * @property {string} available
 * @property {string | null} checked_at
 * @property {string} request
 * @property {string} refusal
 * @property {UpdateResult | null} last
 * @property {string | null} not_before
 * @property {string | null} in_use
 * @property {string} requested_by
 * @property {string} requested_by_name
 */

/**
 * How the last update ended; `code` says why it was refused or taken back.
 * @typedef {object} UpdateResult
 * @property {"updated" | "went_back" | "refused"} outcome
 * @property {string} old
 * @property {string} new
 * @property {string} code
 * @property {string} detail
 * @property {string} at
 */

/**
 * How the room passes a page before a meeting by itself, or is shown how. "offered": a person
 * passes a page, and may show it; "showing": that is remembered, "shown": it waits to be kept;
 * "joining": the room is at `step` of `steps`, counted from 1; "handed_over": it went no further,
 * for `reason`. `by_room` is the name of the other room that was shown it.
 * @typedef {object} Walkthrough
 * @property {"idle" | "offered" | "showing" | "shown" | "joining" | "handed_over"} state
 * @property {number | null} step
 * @property {number | null} steps
 * @property {string | null} reason
 * @property {string | null} name
 * @property {string | null} by_room
 */

/**
 * All of it; `rev` grows by one with every change.
 * @typedef {object} Room
 * @property {Identity} identity
 * @property {number} rev
 * @property {"starting" | "ready"} phase
 * @property {Device[]} devices
 * @property {Camera[]} cameras
 * @property {Controller[]} controllers
 * @property {Meeting} meeting
 * @property {Walkthrough} walkthrough
 * @property {Booking[]} bookings
 * @property {BookingChange[]} booking_changes
 * @property {Availability | null} availability
 * @property {Nearby[]} nearby
 * @property {Platform[]} platforms
 * @property {Favourite[]} favourites
 * @property {Leaving[]} leaving
 * @property {Occupancy} occupancy
 * @property {Automation} automation
 * @property {Audio} audio
 * @property {Panel} panel
 * @property {Look} look
 * @property {Message | null} message
 * @property {Share} share
 * @property {Byom | null} byom
 * @property {Maintenance} maintenance
 * @property {Starts} starts
 * @property {Condition[]} conditions
 * @property {Issue[]} issues
 * @property {Display[]} displays
 * @property {Output[]} outputs
 */

/**
 * Use another speakerphone: from within the room only, and not in a call.
 * @typedef {object} AudioDevice
 * @property {string | null} [id] makes a repeat harmless
 * @property {"audio.device"} type
 * @property {AudioDeviceArgs} args
 */

/**
 * @typedef {object} AudioDeviceArgs
 * @property {string} name its name in room.toml
 */

/**
 * Set the microphone's gain in per cent: from within the room only, as it may open it.
 * @typedef {object} AudioGain
 * @property {string | null} [id] makes a repeat harmless
 * @property {"audio.gain"} type
 * @property {AudioGainArgs} args
 */

/**
 * @typedef {object} AudioGainArgs
 * @property {number} pct
 */

/**
 * Mute or, from within the room only, unmute the microphone.
 * @typedef {object} AudioMute
 * @property {string | null} [id] makes a repeat harmless
 * @property {"audio.mute"} type
 * @property {AudioMuteArgs} args
 */

/**
 * @typedef {object} AudioMuteArgs
 * @property {boolean} on
 */

/**
 * Show, or do not show, in this meeting that somebody talks while muted.
 * @typedef {object} AudioTalkHint
 * @property {string | null} [id] makes a repeat harmless
 * @property {"audio.talk_hint"} type
 * @property {AudioTalkHintArgs} args
 */

/**
 * @typedef {object} AudioTalkHintArgs
 * @property {boolean} on
 */

/**
 * Play the test sound outside a call; `result` says whether the microphone heard it. `verdict`:
 * heard, not_heard, muted, no_loudspeaker, no_microphone, no_sound_server.
 * @typedef {object} AudioTest
 * @property {string | null} [id] makes a repeat harmless
 * @property {"audio.test"} type
 * @property {AudioTestArgs} [args]
 */

/**
 * @typedef {Record<string, never>} AudioTestArgs
 */

/**
 * Set the loudspeaker's volume in per cent.
 * @typedef {object} AudioVolume
 * @property {string | null} [id] makes a repeat harmless
 * @property {"audio.volume"} type
 * @property {AudioVolumeArgs} args
 */

/**
 * @typedef {object} AudioVolumeArgs
 * @property {number} pct
 */

/**
 * Check in to a booking: it is not released; if it was, it is restored.
 * @typedef {object} BookingCheckIn
 * @property {string | null} [id] makes a repeat harmless
 * @property {"booking.check_in"} type
 * @property {BookingCheckInArgs} args
 */

/**
 * @typedef {object} BookingCheckInArgs
 * @property {string} booking
 */

/**
 * End a booking that is under way; if it has ended already, that counts as done.
 * @typedef {object} BookingEndNow
 * @property {string | null} [id] makes a repeat harmless
 * @property {"booking.end_now"} type
 * @property {BookingEndNowArgs} args
 */

/**
 * @typedef {object} BookingEndNowArgs
 * @property {string} booking
 */

/**
 * Extend a booking that is under way, at most to the start of the next one. `end` is the end that
 * the caller saw: if it has changed, Refused "changed".
 * @typedef {object} BookingExtend
 * @property {string | null} [id] makes a repeat harmless
 * @property {"booking.extend"} type
 * @property {BookingExtendArgs} args
 */

/**
 * @typedef {object} BookingExtendArgs
 * @property {string} booking
 * @property {15 | 30 | 60} minutes
 * @property {string | null} [end]
 */

/**
 * Keep a series that is offered for release, and count again; kept already: nothing.
 * @typedef {object} BookingKeepSeries
 * @property {string | null} [id] makes a repeat harmless
 * @property {"booking.keep_series"} type
 * @property {BookingKeepSeriesArgs} args
 */

/**
 * @typedef {object} BookingKeepSeriesArgs
 * @property {string} series
 */

/**
 * Release a booking that has begun, or may be joined; released already: nothing. Refused
 * "not_under_way".
 * @typedef {object} BookingRelease
 * @property {string | null} [id] makes a repeat harmless
 * @property {"booking.release"} type
 * @property {BookingReleaseArgs} args
 */

/**
 * @typedef {object} BookingReleaseArgs
 * @property {string} booking
 */

/**
 * Release four weeks of bookings of an unused series, 40 at most. `changes` is what `booking.undo`
 * takes, for each. Refused "unknown_series" if it is not offered (`booking.series_unused`),
 * "agenda_unreadable".
 * @typedef {object} BookingReleaseSeries
 * @property {string | null} [id] makes a repeat harmless
 * @property {"booking.release_series"} type
 * @property {BookingReleaseSeriesArgs} args
 */

/**
 * @typedef {object} BookingReleaseSeriesArgs
 * @property {string} series
 */

/**
 * Book the room from now on, to the next booking if that begins sooner.
 * @typedef {object} BookingReserve
 * @property {string | null} [id] makes a repeat harmless
 * @property {"booking.reserve"} type
 * @property {BookingReserveArgs} [args]
 */

/**
 * @typedef {object} BookingReserveArgs
 * @property {15 | 30 | 60 | null} [minutes]
 */

/**
 * Undo a recent change of a booking (`booking_changes`); undone already: nothing. Refused
 * "nothing_to_undo" if it is too old or was changed since, or "already_booked". The sign at the
 * door undoes only what was changed there.
 * @typedef {object} BookingUndo
 * @property {string | null} [id] makes a repeat harmless
 * @property {"booking.undo"} type
 * @property {BookingUndoArgs} args
 */

/**
 * @typedef {object} BookingUndoArgs
 * @property {string} change
 */

/**
 * Give the room's camera and speakerphone to the laptop at the table; not in a call. Done once the
 * switch has accepted it; the section `byom` shows the result.
 * @typedef {object} ByomGive
 * @property {string | null} [id] makes a repeat harmless
 * @property {"byom.give"} type
 * @property {ByomGiveArgs} [args]
 */

/**
 * @typedef {Record<string, never>} ByomGiveArgs
 */

/**
 * Take the room's camera and speakerphone back from a laptop.
 * @typedef {object} ByomTake
 * @property {string | null} [id] makes a repeat harmless
 * @property {"byom.take"} type
 * @property {ByomTakeArgs} [args]
 */

/**
 * @typedef {Record<string, never>} ByomTakeArgs
 */

/**
 * Switch backlight compensation on or off.
 * @typedef {object} CameraBacklight
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.backlight"} type
 * @property {CameraBacklightArgs} args
 */

/**
 * @typedef {object} CameraBacklightArgs
 * @property {string} camera its name in room.toml
 * @property {boolean} on
 */

/**
 * Delete a preset, its name and its picture.
 * @typedef {object} CameraDeletePreset
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.delete_preset"} type
 * @property {CameraDeletePresetArgs} args
 */

/**
 * @typedef {object} CameraDeletePresetArgs
 * @property {string} camera its name in room.toml
 * @property {number} preset
 */

/**
 * Move a camera for at most `lease_ms`; send again to keep it moving.
 * @typedef {object} CameraDrive
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.drive"} type
 * @property {CameraDriveArgs} args
 */

/**
 * @typedef {object} CameraDriveArgs
 * @property {string} camera its name in room.toml
 * @property {number} [pan] -1 to 1; right, up, tele, near: positive
 * @property {number} [tilt] -1 to 1; right, up, tele, near: positive
 * @property {number} [zoom] -1 to 1; right, up, tele, near: positive
 * @property {number} [focus] -1 to 1; right, up, tele, near: positive
 * @property {number} [lease_ms] it stops after so many ms
 */

/**
 * Set the exposure mode, one of the camera's `modes.exposure`.
 * @typedef {object} CameraExposure
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.exposure"} type
 * @property {CameraExposureArgs} args
 */

/**
 * @typedef {object} CameraExposureArgs
 * @property {string} camera its name in room.toml
 * @property {"auto" | "manual" | "shutter" | "iris" | "bright"} mode
 */

/**
 * Expose some steps brighter or darker, within `modes.exposure_compensation`.
 * @typedef {object} CameraExposureCompensation
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.exposure_compensation"} type
 * @property {CameraExposureCompensationArgs} args
 */

/**
 * @typedef {object} CameraExposureCompensationArgs
 * @property {string} camera its name in room.toml
 * @property {number} steps steps; brighter: positive
 */

/**
 * Focus automatically, manually, once, on infinity, or at a position (0 far, 100 near).
 * @typedef {object} CameraFocus
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.focus"} type
 * @property {CameraFocusArgs} args
 */

/**
 * @typedef {object} CameraFocusArgs
 * @property {string} camera its name in room.toml
 * @property {"auto" | "manual" | "one_push" | "infinity" | null} [mode]
 * @property {number | null} [pct]
 */

/**
 * Go to an angle, a zoom or both; done when it is there. What is left out stays. An angle beyond
 * the end stops is clamped: `result` says where it is, and `clamped`.
 * @typedef {object} CameraGoto
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.goto"} type
 * @property {CameraGotoArgs} args
 */

/**
 * @typedef {object} CameraGotoArgs
 * @property {string} camera its name in room.toml
 * @property {number | null} [pan_deg]
 * @property {number | null} [tilt_deg]
 * @property {number | null} [zoom_pct]
 * @property {number} [speed] 0 to 1, part of the top speed
 */

/**
 * Go to the home position.
 * @typedef {object} CameraHome
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.home"} type
 * @property {CameraHomeArgs} args
 */

/**
 * @typedef {object} CameraHomeArgs
 * @property {string} camera its name in room.toml
 */

/**
 * Obey the infrared remote, or lock it out.
 * @typedef {object} CameraIrReceive
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.ir_receive"} type
 * @property {CameraIrReceiveArgs} args
 */

/**
 * @typedef {object} CameraIrReceiveArgs
 * @property {string} camera its name in room.toml
 * @property {boolean} on
 */

/**
 * Open or close the camera's own menu; everybody in the meeting sees it.
 * @typedef {object} CameraMenu
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.menu"} type
 * @property {CameraMenuArgs} args
 */

/**
 * @typedef {object} CameraMenuArgs
 * @property {string} camera its name in room.toml
 * @property {boolean} on
 */

/**
 * Press a key of the open menu, one of `modes.menu`.
 * @typedef {object} CameraMenuKey
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.menu_key"} type
 * @property {CameraMenuKeyArgs} args
 */

/**
 * @typedef {object} CameraMenuKeyArgs
 * @property {string} camera its name in room.toml
 * @property {"up" | "down" | "left" | "right" | "enter" | "back"} key
 */

/**
 * Name a preset; empty: use the name in room.toml. Kept over a restart.
 * @typedef {object} CameraName
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.name"} type
 * @property {CameraNameArgs} args
 */

/**
 * @typedef {object} CameraNameArgs
 * @property {string} camera its name in room.toml
 * @property {number} preset
 * @property {string} name
 */

/**
 * Switch a camera on, or to standby.
 * @typedef {object} CameraPower
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.power"} type
 * @property {CameraPowerArgs} args
 */

/**
 * @typedef {object} CameraPowerArgs
 * @property {string} camera its name in room.toml
 * @property {boolean} on
 */

/**
 * Send a VISCA frame in hex, with header and FF or without both. `result.answer` is the answer to
 * an inquiry.
 * @typedef {object} CameraRaw
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.raw"} type
 * @property {CameraRawArgs} args
 */

/**
 * @typedef {object} CameraRawArgs
 * @property {string} camera its name in room.toml
 * @property {string} frame
 */

/**
 * Go to a preset.
 * @typedef {object} CameraRecall
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.recall"} type
 * @property {CameraRecallArgs} args
 */

/**
 * @typedef {object} CameraRecallArgs
 * @property {string} camera its name in room.toml
 * @property {number} preset
 */

/**
 * Turn some degrees from here; done when it is there. `unknown` if it may have moved.
 * @typedef {object} CameraRelative
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.relative"} type
 * @property {CameraRelativeArgs} args
 */

/**
 * @typedef {object} CameraRelativeArgs
 * @property {string} camera its name in room.toml
 * @property {number} [pan_deg] degrees; right and up: positive
 * @property {number} [tilt_deg] degrees; right and up: positive
 * @property {number} [speed] 0 to 1, part of the top speed
 */

/**
 * Stop pan, tilt and zoom, and focus if it is driven.
 * @typedef {object} CameraStop
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.stop"} type
 * @property {CameraStopArgs} args
 */

/**
 * @typedef {object} CameraStopArgs
 * @property {string} camera its name in room.toml
 */

/**
 * Store the present position as a preset, and name it.
 * @typedef {object} CameraStore
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.store"} type
 * @property {CameraStoreArgs} args
 */

/**
 * @typedef {object} CameraStoreArgs
 * @property {string} camera its name in room.toml
 * @property {number} preset
 * @property {string | null} [name]
 */

/**
 * Light a tally lamp of `modes.tally` until it is changed, or switch it off.
 * @typedef {object} CameraTally
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.tally"} type
 * @property {CameraTallyArgs} args
 */

/**
 * @typedef {object} CameraTallyArgs
 * @property {string} camera its name in room.toml
 * @property {"red" | "green" | "yellow" | "off"} light
 */

/**
 * Switch following of people on or off.
 * @typedef {object} CameraTracking
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.tracking"} type
 * @property {CameraTrackingArgs} args
 */

/**
 * @typedef {object} CameraTrackingArgs
 * @property {string} camera its name in room.toml
 * @property {boolean} on
 */

/**
 * Set the white balance, one of `modes.white_balance`; one_push measures it now.
 * @typedef {object} CameraWhiteBalance
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.white_balance"} type
 * @property {CameraWhiteBalanceArgs} args
 */

/**
 * @typedef {object} CameraWhiteBalanceArgs
 * @property {string} camera its name in room.toml
 * @property {"auto" | "indoor" | "outdoor" | "one_push" | "atw" | "manual"} mode
 */

/**
 * Zoom to a position, 0 wide to 100 tele; done when it is there.
 * @typedef {object} CameraZoom
 * @property {string | null} [id] makes a repeat harmless
 * @property {"camera.zoom"} type
 * @property {CameraZoomArgs} args
 */

/**
 * @typedef {object} CameraZoomArgs
 * @property {string} camera its name in room.toml
 * @property {number} pct per cent; tele and near: 100
 */

/**
 * Open a device's port again, or switch it off and on; in a call only with `force`. Devices on the
 * same line are opened again too. `result`: whether it is online, and after how many seconds.
 * @typedef {object} DeviceRestart
 * @property {string | null} [id] makes a repeat harmless
 * @property {"device.restart"} type
 * @property {DeviceRestartArgs} args
 */

/**
 * @typedef {object} DeviceRestartArgs
 * @property {string} device its name in the room document
 * @property {"port" | "power"} [how]
 * @property {boolean} [force]
 */

/**
 * Show another input of a display that is on.
 * @typedef {object} DisplayInput
 * @property {string | null} [id] makes a repeat harmless
 * @property {"display.input"} type
 * @property {DisplayInputArgs} args
 */

/**
 * @typedef {object} DisplayInputArgs
 * @property {string} display its name in room.toml
 * @property {string} input one of its `inputs`
 */

/**
 * Hide the picture of a display that is on, or show it again; the lamp stays lit.
 * @typedef {object} DisplayPictureMute
 * @property {string | null} [id] makes a repeat harmless
 * @property {"display.picture_mute"} type
 * @property {DisplayPictureMuteArgs} args
 */

/**
 * @typedef {object} DisplayPictureMuteArgs
 * @property {string} display its name in room.toml
 * @property {boolean} on
 */

/**
 * Switch a display on or off; one that cools down is switched on as soon as possible.
 * @typedef {object} DisplayPower
 * @property {string | null} [id] makes a repeat harmless
 * @property {"display.power"} type
 * @property {DisplayPowerArgs} args
 */

/**
 * @typedef {object} DisplayPowerArgs
 * @property {string} display its name in room.toml
 * @property {boolean} on
 */

/**
 * Close a report, and delete what was sent with it.
 * @typedef {object} HelpClose
 * @property {string | null} [id] makes a repeat harmless
 * @property {"help.close"} type
 * @property {HelpCloseArgs} args
 */

/**
 * @typedef {object} HelpCloseArgs
 * @property {number} number
 */

/**
 * Report a fault to staff, with the room's state and the end of its log. `report` is an id that the
 * caller chooses: the same id again is the same report.
 * @typedef {object} HelpReport
 * @property {string | null} [id] makes a repeat harmless
 * @property {"help.report"} type
 * @property {HelpReportArgs} args
 */

/**
 * @typedef {object} HelpReportArgs
 * @property {"no_sound" | "not_heard" | "camera" | "screen" | "join" | "other"} about
 * @property {string} report
 * @property {string} [word] as it is read; may be empty
 * @property {number} [ago_s] seconds since then
 */

/**
 * Set panels and display to light, dark or high contrast; auto: as in room.toml.
 * @typedef {object} LookSetTheme
 * @property {string | null} [id] makes a repeat harmless
 * @property {"look.set_theme"} type
 * @property {LookSetThemeArgs} args
 */

/**
 * @typedef {object} LookSetThemeArgs
 * @property {"auto" | "light" | "dark" | "contrast"} theme
 */

/**
 * Stop showing the cards of an old platform: people here have read them.
 * @typedef {object} MeetingCardsSeen
 * @property {string | null} [id] makes a repeat harmless
 * @property {"meeting.cards_seen"} type
 * @property {MeetingCardsSeenArgs} args
 */

/**
 * @typedef {object} MeetingCardsSeenArgs
 * @property {string} platform its name in room.toml
 */

/**
 * Type the passcode that the page asks for, where the room can; it is not kept.
 * @typedef {object} MeetingEnterPasscode
 * @property {string | null} [id] makes a repeat harmless
 * @property {"meeting.enter_passcode"} type
 * @property {MeetingEnterPasscodeArgs} args
 */

/**
 * @typedef {object} MeetingEnterPasscodeArgs
 * @property {string} passcode
 */

/**
 * Meet another way: by the invitation's other link, or on [meeting] fallback.
 * @typedef {object} MeetingFallback
 * @property {string | null} [id] makes a repeat harmless
 * @property {"meeting.fallback"} type
 * @property {MeetingFallbackArgs} [args]
 */

/**
 * @typedef {Record<string, never>} MeetingFallbackArgs
 */

/**
 * Open a meeting: a booking, a link or an invitation's text, a favourite, or a number.
 * `result.call` is its number, as in `meeting.call`.
 * @typedef {object} MeetingJoin
 * @property {string | null} [id] makes a repeat harmless
 * @property {"meeting.join"} type
 * @property {MeetingJoinArgs} args
 */

/**
 * @typedef {object} MeetingJoinArgs
 * @property {string | null} [booking]
 * @property {string | null} [link]
 * @property {string | null} [favourite]
 * @property {string | null} [number]
 * @property {string | null} [platform]
 * @property {string | null} [passcode]
 */

/**
 * Leave the meeting; done once it is left.
 * @typedef {object} MeetingLeave
 * @property {string | null} [id] makes a repeat harmless
 * @property {"meeting.leave"} type
 * @property {MeetingLeaveArgs} [args]
 */

/**
 * @typedef {Record<string, never>} MeetingLeaveArgs
 */

/**
 * Start a new meeting on a platform; the room's default if none is named.
 * @typedef {object} MeetingNew
 * @property {string | null} [id] makes a repeat harmless
 * @property {"meeting.new"} type
 * @property {MeetingNewArgs} [args]
 */

/**
 * @typedef {object} MeetingNewArgs
 * @property {string | null} [platform]
 */

/**
 * Press the keys that join on this platform's page, where they are known.
 * @typedef {object} MeetingPressJoin
 * @property {string | null} [id] makes a repeat harmless
 * @property {"meeting.press_join"} type
 * @property {MeetingPressJoinArgs} [args]
 */

/**
 * @typedef {Record<string, never>} MeetingPressJoinArgs
 */

/**
 * Read a link or an invitation's text, and open nothing.
 * @typedef {object} MeetingRead
 * @property {string | null} [id] makes a repeat harmless
 * @property {"meeting.read"} type
 * @property {MeetingReadArgs} args
 */

/**
 * @typedef {object} MeetingReadArgs
 * @property {string} link
 */

/**
 * Join the last meeting again: after a crash, or when the network is back.
 * @typedef {object} MeetingRejoin
 * @property {string | null} [id] makes a repeat harmless
 * @property {"meeting.rejoin"} type
 * @property {MeetingRejoinArgs} [args]
 */

/**
 * @typedef {Record<string, never>} MeetingRejoinArgs
 */

/**
 * Stay in the meeting although somebody hung up on the speakerphone; in the room only.
 * @typedef {object} MeetingStay
 * @property {string | null} [id] makes a repeat harmless
 * @property {"meeting.stay"} type
 * @property {MeetingStayArgs} [args]
 */

/**
 * @typedef {Record<string, never>} MeetingStayArgs
 */

/**
 * Clear the message.
 * @typedef {object} RoomClearMessage
 * @property {string | null} [id] makes a repeat harmless
 * @property {"room.clear_message"} type
 * @property {RoomClearMessageArgs} [args]
 */

/**
 * @typedef {Record<string, never>} RoomClearMessageArgs
 */

/**
 * Show a text on panels and display for `for_s` seconds, in place of an earlier one.
 * @typedef {object} RoomMessage
 * @property {string | null} [id] makes a repeat harmless
 * @property {"room.message"} type
 * @property {RoomMessageArgs} args
 */

/**
 * @typedef {object} RoomMessageArgs
 * @property {string} text as it is shown
 * @property {number} [for_s] for so many seconds
 */

/**
 * Cancel the announced action; it may be announced again later.
 * @typedef {object} RoomPostpone
 * @property {string | null} [id] makes a repeat harmless
 * @property {"room.postpone"} type
 * @property {RoomPostponeArgs} args
 */

/**
 * @typedef {object} RoomPostponeArgs
 * @property {"standby" | "release" | "end_call"} act
 */

/**
 * Restart the program: now (in a call only with `force`), or once the room is free. A room is free
 * without call, people and a booking within 10 minutes. "never" cancels the waiting restart.
 * @typedef {object} RoomRestart
 * @property {string | null} [id] makes a repeat harmless
 * @property {"room.restart"} type
 * @property {RoomRestartArgs} [args]
 */

/**
 * @typedef {object} RoomRestartArgs
 * @property {"now" | "free" | "never"} [when]
 * @property {boolean} [force]
 */

/**
 * Restore the settings of a revision (`GET /api/v1/settings`), as a new one.
 * @typedef {object} RoomRollBack
 * @property {string | null} [id] makes a repeat harmless
 * @property {"room.roll_back"} type
 * @property {RoomRollBackArgs} args
 */

/**
 * @typedef {object} RoomRollBackArgs
 * @property {number} revision
 */

/**
 * Put the panel and the display on standby.
 * @typedef {object} RoomStandby
 * @property {string | null} [id] makes a repeat harmless
 * @property {"room.standby"} type
 * @property {RoomStandbyArgs} [args]
 */

/**
 * @typedef {Record<string, never>} RoomStandbyArgs
 */

/**
 * Undo an automatic action; Refused "nothing_to_undo" says why that is not possible.
 * @typedef {object} RoomUndo
 * @property {string | null} [id] makes a repeat harmless
 * @property {"room.undo"} type
 * @property {RoomUndoArgs} args
 */

/**
 * @typedef {object} RoomUndoArgs
 * @property {number} number
 */

/**
 * Wake the panel and the display.
 * @typedef {object} RoomWake
 * @property {string | null} [id] makes a repeat harmless
 * @property {"room.wake"} type
 * @property {RoomWakeArgs} [args]
 */

/**
 * @typedef {Record<string, never>} RoomWakeArgs
 */

/**
 * Close the windows that the page opened over the meeting; the meeting goes on.
 * @typedef {object} ScreenCloseWindow
 * @property {string | null} [id] makes a repeat harmless
 * @property {"screen.close_window"} type
 * @property {ScreenCloseWindowArgs} [args]
 */

/**
 * @typedef {Record<string, never>} ScreenCloseWindowArgs
 */

/**
 * Press a key on the page; `back` goes back to the page before.
 * @typedef {object} ScreenKey
 * @property {string | null} [id] makes a repeat harmless
 * @property {"screen.key"} type
 * @property {ScreenKeyArgs} args
 */

/**
 * @typedef {object} ScreenKeyArgs
 * @property {"enter" | "tab" | "back_tab" | "escape" | "backspace" | "space" | "up" | "down" | "left" | "right" | "back"} key
 */

/**
 * Press the page at a place of the picture of the display, as with a finger.
 * @typedef {object} ScreenPress
 * @property {string | null} [id] makes a repeat harmless
 * @property {"screen.press"} type
 * @property {ScreenPressArgs} args
 */

/**
 * @typedef {object} ScreenPressArgs
 * @property {number} x 0 to 1, from the left or from the top
 * @property {number} y 0 to 1, from the left or from the top
 */

/**
 * Scroll the page at a place, by notches of a wheel.
 * @typedef {object} ScreenScroll
 * @property {string | null} [id] makes a repeat harmless
 * @property {"screen.scroll"} type
 * @property {ScreenScrollArgs} args
 */

/**
 * @typedef {object} ScreenScrollArgs
 * @property {number} x 0 to 1, from the left or from the top
 * @property {number} y 0 to 1, from the left or from the top
 * @property {number} [steps]
 * @property {boolean} [down]
 */

/**
 * Type a text into the page's focused field; it may be a passcode, and is not kept.
 * @typedef {object} ScreenType
 * @property {string | null} [id] makes a repeat harmless
 * @property {"screen.type"} type
 * @property {ScreenTypeArgs} args
 */

/**
 * @typedef {object} ScreenTypeArgs
 * @property {string} text
 */

/**
 * Test every device that can be tested, or one, while the room is free. A device leaves the room
 * for its test: it is offline for that time. A test ends when somebody wants the room. The report
 * is at /api/v1/selftest.
 * @typedef {object} SelftestRun
 * @property {string | null} [id] makes a repeat harmless
 * @property {"selftest.run"} type
 * @property {SelftestRunArgs} [args]
 */

/**
 * @typedef {object} SelftestRunArgs
 * @property {string | null} [device]
 */

/**
 * Confirm that staff know of the damaged files.
 * @typedef {object} StorageAcknowledge
 * @property {string | null} [id] makes a repeat harmless
 * @property {"storage.acknowledge"} type
 * @property {StorageAcknowledgeArgs} [args]
 */

/**
 * @typedef {Record<string, never>} StorageAcknowledgeArgs
 */

/**
 * Cancel the waiting update, and confirm that staff know how the last one ended. An update that is
 * under way goes on.
 * @typedef {object} UpdateCancel
 * @property {string | null} [id] makes a repeat harmless
 * @property {"update.cancel"} type
 * @property {UpdateCancelArgs} [args]
 */

/**
 * @typedef {Record<string, never>} UpdateCancelArgs
 */

/**
 * Look for a newer version of the program; the result is in the room document. `request`: what
 * `maintenance.update.request` is once the updater has taken it.
 * @typedef {object} UpdateCheck
 * @property {string | null} [id] makes a repeat harmless
 * @property {"update.check"} type
 * @property {UpdateCheckArgs} [args]
 */

/**
 * @typedef {Record<string, never>} UpdateCheckArgs
 */

/**
 * Install the newest version once the room is free, not before `at` in the room's time. A room is
 * free without call, people and a booking within 30 minutes. If the room is worse afterwards, the
 * old version is restored, with its state. `request`: what `maintenance.update.request` is once the
 * updater has taken it.
 * @typedef {object} UpdateInstall
 * @property {string | null} [id] makes a repeat harmless
 * @property {"update.install"} type
 * @property {UpdateInstallArgs} [args]
 */

/**
 * @typedef {object} UpdateInstallArgs
 * @property {string | null} [at]
 */

/**
 * Record from now on how a person passes this page; a page that was tapped opens again.
 * @typedef {object} WalkthroughBegin
 * @property {string | null} [id] makes a repeat harmless
 * @property {"walkthrough.begin"} type
 * @property {WalkthroughBeginArgs} [args]
 */

/**
 * @typedef {Record<string, never>} WalkthroughBeginArgs
 */

/**
 * Discard what was shown, and go on without recording.
 * @typedef {object} WalkthroughDiscard
 * @property {string | null} [id] makes a repeat harmless
 * @property {"walkthrough.discard"} type
 * @property {WalkthroughDiscardArgs} [args]
 */

/**
 * @typedef {Record<string, never>} WalkthroughDiscardArgs
 */

/**
 * Keep the steps that were shown. By number: steps that the page may leave out, that ask whether a
 * person is there, and those whose other texts are kept; without a number they are left out.
 * @typedef {object} WalkthroughKeep
 * @property {string | null} [id] makes a repeat harmless
 * @property {"walkthrough.keep"} type
 * @property {WalkthroughKeepArgs} [args]
 */

/**
 * @typedef {object} WalkthroughKeepArgs
 * @property {number[] | null} [optional]
 * @property {number[] | null} [person]
 * @property {number[] | null} [texts]
 */

/**
 * Keep the picked picture: a page with it is a lobby, a barrier, or an end.
 * @typedef {object} WalkthroughName
 * @property {string | null} [id] makes a repeat harmless
 * @property {"walkthrough.name"} type
 * @property {WalkthroughNameArgs} args
 */

/**
 * @typedef {object} WalkthroughNameArgs
 * @property {"lobby" | "in_call" | "sign_in_required" | "passcode_needed" | "removed" | "ended"} says
 */

/**
 * Pick the picture at a place of the page, to name it; tap nothing.
 * @typedef {object} WalkthroughPick
 * @property {string | null} [id] makes a repeat harmless
 * @property {"walkthrough.pick"} type
 * @property {WalkthroughPickArgs} args
 */

/**
 * @typedef {object} WalkthroughPickArgs
 * @property {number} x 0 to 1, from the left or from the top
 * @property {number} y 0 to 1, from the left or from the top
 */

/**
 * Stop the room on this page; people go on themselves.
 * @typedef {object} WalkthroughStop
 * @property {string | null} [id] makes a repeat harmless
 * @property {"walkthrough.stop"} type
 * @property {WalkthroughStopArgs} [args]
 */

/**
 * @typedef {Record<string, never>} WalkthroughStopArgs
 */

/**
 * Anything that the room can be asked.
 * @typedef {AudioDevice | AudioGain | AudioMute | AudioTalkHint | AudioTest | AudioVolume | BookingCheckIn | BookingEndNow | BookingExtend | BookingKeepSeries | BookingRelease | BookingReleaseSeries | BookingReserve | BookingUndo | ByomGive | ByomTake | CameraBacklight | CameraDeletePreset | CameraDrive | CameraExposure | CameraExposureCompensation | CameraFocus | CameraGoto | CameraHome | CameraIrReceive | CameraMenu | CameraMenuKey | CameraName | CameraPower | CameraRaw | CameraRecall | CameraRelative | CameraStop | CameraStore | CameraTally | CameraTracking | CameraWhiteBalance | CameraZoom | DeviceRestart | DisplayInput | DisplayPictureMute | DisplayPower | HelpClose | HelpReport | LookSetTheme | MeetingCardsSeen | MeetingEnterPasscode | MeetingFallback | MeetingJoin | MeetingLeave | MeetingNew | MeetingPressJoin | MeetingRead | MeetingRejoin | MeetingStay | RoomClearMessage | RoomMessage | RoomPostpone | RoomRestart | RoomRollBack | RoomStandby | RoomUndo | RoomWake | ScreenCloseWindow | ScreenKey | ScreenPress | ScreenScroll | ScreenType | SelftestRun | StorageAcknowledge | UpdateCancel | UpdateCheck | UpdateInstall | WalkthroughBegin | WalkthroughDiscard | WalkthroughKeep | WalkthroughName | WalkthroughPick | WalkthroughStop} Command
 */

/**
 * What each command takes, by its name.
 * @typedef {{
 *   "audio.device": AudioDeviceArgs,
 *   "audio.gain": AudioGainArgs,
 *   "audio.mute": AudioMuteArgs,
 *   "audio.talk_hint": AudioTalkHintArgs,
 *   "audio.test": AudioTestArgs,
 *   "audio.volume": AudioVolumeArgs,
 *   "booking.check_in": BookingCheckInArgs,
 *   "booking.end_now": BookingEndNowArgs,
 *   "booking.extend": BookingExtendArgs,
 *   "booking.keep_series": BookingKeepSeriesArgs,
 *   "booking.release": BookingReleaseArgs,
 *   "booking.release_series": BookingReleaseSeriesArgs,
 *   "booking.reserve": BookingReserveArgs,
 *   "booking.undo": BookingUndoArgs,
 *   "byom.give": ByomGiveArgs,
 *   "byom.take": ByomTakeArgs,
 *   "camera.backlight": CameraBacklightArgs,
 *   "camera.delete_preset": CameraDeletePresetArgs,
 *   "camera.drive": CameraDriveArgs,
 *   "camera.exposure": CameraExposureArgs,
 *   "camera.exposure_compensation": CameraExposureCompensationArgs,
 *   "camera.focus": CameraFocusArgs,
 *   "camera.goto": CameraGotoArgs,
 *   "camera.home": CameraHomeArgs,
 *   "camera.ir_receive": CameraIrReceiveArgs,
 *   "camera.menu": CameraMenuArgs,
 *   "camera.menu_key": CameraMenuKeyArgs,
 *   "camera.name": CameraNameArgs,
 *   "camera.power": CameraPowerArgs,
 *   "camera.raw": CameraRawArgs,
 *   "camera.recall": CameraRecallArgs,
 *   "camera.relative": CameraRelativeArgs,
 *   "camera.stop": CameraStopArgs,
 *   "camera.store": CameraStoreArgs,
 *   "camera.tally": CameraTallyArgs,
 *   "camera.tracking": CameraTrackingArgs,
 *   "camera.white_balance": CameraWhiteBalanceArgs,
 *   "camera.zoom": CameraZoomArgs,
 *   "device.restart": DeviceRestartArgs,
 *   "display.input": DisplayInputArgs,
 *   "display.picture_mute": DisplayPictureMuteArgs,
 *   "display.power": DisplayPowerArgs,
 *   "help.close": HelpCloseArgs,
 *   "help.report": HelpReportArgs,
 *   "look.set_theme": LookSetThemeArgs,
 *   "meeting.cards_seen": MeetingCardsSeenArgs,
 *   "meeting.enter_passcode": MeetingEnterPasscodeArgs,
 *   "meeting.fallback": MeetingFallbackArgs,
 *   "meeting.join": MeetingJoinArgs,
 *   "meeting.leave": MeetingLeaveArgs,
 *   "meeting.new": MeetingNewArgs,
 *   "meeting.press_join": MeetingPressJoinArgs,
 *   "meeting.read": MeetingReadArgs,
 *   "meeting.rejoin": MeetingRejoinArgs,
 *   "meeting.stay": MeetingStayArgs,
 *   "room.clear_message": RoomClearMessageArgs,
 *   "room.message": RoomMessageArgs,
 *   "room.postpone": RoomPostponeArgs,
 *   "room.restart": RoomRestartArgs,
 *   "room.roll_back": RoomRollBackArgs,
 *   "room.standby": RoomStandbyArgs,
 *   "room.undo": RoomUndoArgs,
 *   "room.wake": RoomWakeArgs,
 *   "screen.close_window": ScreenCloseWindowArgs,
 *   "screen.key": ScreenKeyArgs,
 *   "screen.press": ScreenPressArgs,
 *   "screen.scroll": ScreenScrollArgs,
 *   "screen.type": ScreenTypeArgs,
 *   "selftest.run": SelftestRunArgs,
 *   "storage.acknowledge": StorageAcknowledgeArgs,
 *   "update.cancel": UpdateCancelArgs,
 *   "update.check": UpdateCheckArgs,
 *   "update.install": UpdateInstallArgs,
 *   "walkthrough.begin": WalkthroughBeginArgs,
 *   "walkthrough.discard": WalkthroughDiscardArgs,
 *   "walkthrough.keep": WalkthroughKeepArgs,
 *   "walkthrough.name": WalkthroughNameArgs,
 *   "walkthrough.pick": WalkthroughPickArgs,
 *   "walkthrough.stop": WalkthroughStopArgs,
 * }} Arguments
 */

/**
 * What became of a command; `unknown`: it still ran after a minute.
 * @typedef {object} AckReply
 * @property {"ack"} type
 * @property {string} id
 * @property {CommandStatus} status
 * @property {LiveError | null} error
 * @property {Record<string, unknown>} [result]
 */

/**
 * A sign of life, each second.
 * @typedef {object} BeatReply
 * @property {"beat"} type
 * @property {string} server_time
 */

/**
 * How far a command has come; `unknown` means that it may or may not have run.
 * @typedef {"accepted" | "running" | "done" | "refused" | "failed" | "unknown"} CommandStatus
 */

/**
 * A message was not understood or not allowed; `hold` names the hold that it was for.
 * @typedef {object} ErrorReply
 * @property {"error"} type
 * @property {LiveError} error
 * @property {string} [hold]
 */

/**
 * The first message: which server and which pages, and what this panel `may` ask for. It comes
 * again when the staff PIN gave the panel more, or that has ended. `sign_in`: staff have accounts,
 * of the room or of the house. `kinds`: those of `GET /api/v1/kinds`.
 * @typedef {object} HelloReply
 * @property {"hello"} type
 * @property {string} boot_id
 * @property {string} ui_version
 * @property {string} server_time
 * @property {string} language
 * @property {boolean} phone
 * @property {string[]} may
 * @property {StaffReply} staff
 * @property {boolean} sign_in
 * @property {string[]} kinds
 */

/**
 * How loud the microphone is, in per cent; only to who listens. `behind_wall`: the room is muted;
 * the room hears this, and no program does.
 * @typedef {object} LevelReply
 * @property {"level"} type
 * @property {number} pct
 * @property {boolean} behind_wall
 */

/**
 * Why something was not done: a code from a closed list, and its parameters.
 * @typedef {object} LiveError
 * @property {string} code
 * @property {Record<string, unknown>} params
 * @property {string} [detail]
 */

/**
 * The sections that became new with revision `rev`.
 * @typedef {object} PatchReply
 * @property {"patch"} type
 * @property {number} rev
 * @property {Partial<Room>} set
 */

/**
 * The answer to a ping; `t` is the ping's.
 * @typedef {object} PongReply
 * @property {"pong"} type
 * @property {number} t
 * @property {string} server_time
 */

/**
 * The whole room.
 * @typedef {object} SnapshotReply
 * @property {"snapshot"} type
 * @property {number} rev
 * @property {Room} room
 */

/**
 * Whether there is a PIN to enter here; the role that it gave this panel, and until when.
 * @typedef {object} StaffReply
 * @property {boolean} pin
 * @property {string | null} role
 * @property {number | null} ends_in_s
 */

/**
 * A command over the panel's socket.
 * @typedef {object} LiveCommand
 * @property {"command"} type
 * @property {string} id
 * @property {Command} command
 */

/**
 * A finger is on the pad; sent every 100 ms, or as often as a stick reports: the newest counts.
 * Speeds as those of camera.drive.
 * @typedef {object} LiveHold
 * @property {"hold"} type
 * @property {string} hold
 * @property {number} seq
 * @property {string} camera its name in room.toml
 * @property {number} pan -1 to 1; right, up, tele, near: positive
 * @property {number} tilt -1 to 1; right, up, tele, near: positive
 * @property {number} zoom -1 to 1; right, up, tele, near: positive
 * @property {number} [focus] -1 to 1; right, up, tele, near: positive
 */

/**
 * A panel shows, or no longer shows, how loud the microphone is; `level` messages follow.
 * @typedef {object} LiveListen
 * @property {"listen"} type
 * @property {boolean} on
 */

/**
 * The panel measures its clock against the server's.
 * @typedef {object} LivePing
 * @property {"ping"} type
 * @property {number} t
 */

/**
 * The finger has left.
 * @typedef {object} LiveRelease
 * @property {"release"} type
 * @property {string} hold
 */

/**
 * The panel missed something and asks for everything.
 * @typedef {object} LiveSnapshot
 * @property {"snapshot"} type
 */

/**
 * Entries, oldest first; `next`: ask for those `after` it, null: there are no more now.
 * @typedef {object} AuditPage
 * @property {boolean} kept
 * @property {AuditedCommand[]} entries
 * @property {number | null} next
 */

/**
 * Whether the record is as it was written: `broken` is the first entry that is not, `why` how.
 * `first` and `newest` are the numbers of what is kept, `hash` is the newest one's.
 * @typedef {object} AuditReport
 * @property {number} entries
 * @property {number | null} first
 * @property {number} newest
 * @property {string} hash
 * @property {number | null} broken
 * @property {string} why
 */

/**
 * Who did what: `command` is a command or a route, `result` what became of it. `previous` is the
 * hash of the entry before, `hash` SHA-256 of this one's line.
 * @typedef {object} AuditedCommand
 * @property {number} number
 * @property {string} at
 * @property {boolean} clock_proven
 * @property {string} role
 * @property {string} name
 * @property {string} address
 * @property {string} command
 * @property {Record<string, string | boolean | number>} arguments
 * @property {string} result
 * @property {number} times
 * @property {string} previous
 * @property {string} hash
 */

/**
 * What the room did by itself, and its reasons: [code, parameters].
 * @typedef {object} AutomaticActModel
 * @property {string} at
 * @property {string} act
 * @property {string} subject
 * @property {unknown[][]} reasons
 */

/**
 * Which configuration runs, and which could.
 * @typedef {object} ConfigHistory
 * @property {number} running number of the revision that runs; 0: room.toml
 * @property {number} wanted number of the one that runs from the next start on
 * @property {ConfigRevisionModel[]} revisions the oldest first
 */

/**
 * What a check found.
 * @typedef {object} ConfigJudgement
 * @property {boolean} ok whether a room would start with it
 * @property {ConfigMistake[]} mistakes in the order of the file
 * @property {ConfigPlanModel | null} plan what would become of each part; null: mistakes
 */

/**
 * Something that is wrong with a room.toml.
 * @typedef {object} ConfigMistake
 * @property {string} key where, as a dotted key; empty: the whole file
 * @property {number | null} line number of the line, from 1; null: not known
 * @property {string} why what was expected
 */

/**
 * What becomes of each part: devices by name, such as camera.front, others by their table.
 * @typedef {object} ConfigPlanModel
 * @property {string[]} restarted restarted
 * @property {string[]} added devices that are started
 * @property {string[]} removed devices that are stopped
 * @property {string[]} unchanged go on as they are, their links too
 * @property {boolean} program whether the whole program restarts, and so every part
 * @property {string[]} program_for the keys that need it: api, secrets, room.id
 */

/**
 * A revision, without its text, which may have secrets in it.
 * @typedef {object} ConfigRevisionModel
 * @property {number} number number of the revision, from 1
 * @property {string} at when it was applied
 * @property {string} who who applied it
 * @property {string} why why
 * @property {string} sha256 of its text, in hex
 */

/**
 * A new token, which is shown this once.
 * @typedef {object} CreatedToken
 * @property {string} name
 * @property {"sensor" | "read" | "auditor" | "operate" | "facilities" | "technician" | "integration" | "admin"} scope
 * @property {string} made
 * @property {string | null} expires
 * @property {string | null} used
 * @property {string[]} may
 * @property {string} token
 */

/**
 * Something that is wrong now.
 * @typedef {object} CurrentIssue
 * @property {string} id stays the same while it lasts: code and subject
 * @property {string} code from a closed list, such as device.offline
 * @property {string} subject what it concerns, such as camera.front
 * @property {"error" | "warning" | "info"} severity error: people in the room miss something
 * @property {string} since when it began
 * @property {Record<string, unknown>} params what its words in web/i18n say of it
 * @property {string} next_step a code of web/i18n: what to do about it
 */

/**
 * Who asks, and what he may; `ways`: how a browser can sign in here.
 * @typedef {object} CurrentSession
 * @property {string | null} role
 * @property {string | null} name
 * @property {string[]} may
 * @property {("token" | "password" | "house")[]} ways
 */

/**
 * How the test of one device ended.
 * @typedef {object} DeviceTestModel
 * @property {string} device its name in the room document
 * @property {"passed" | "failed" | "skipped"} outcome passed, failed or skipped
 * @property {string} why why it was skipped, or cut short; for a technician
 * @property {number} took_s seconds
 * @property {StepModel[]} steps in order
 */

/**
 * A device that answered a search. What it says of itself is not proven.
 * @typedef {object} FoundDeviceModel
 * @property {string} kind its table in room.toml, such as camera
 * @property {string} host IPv4 address that its answer came from
 * @property {string[]} protocols what it answered, such as ONVIF
 * @property {string[]} urls for room.toml, the best first; empty: nothing that fits
 * @property {string} name as somebody named it; empty: not known
 * @property {string} model as it says, or its profile; empty: not known
 * @property {string} mac MAC address, as it says; empty: not known
 * @property {string | null} profile of its model; null: not known
 * @property {string[]} claims other addresses that it says are its own; not used
 * @property {boolean} in_network whether its address is on the box's networks
 * @property {boolean} verified whether it answered when it was asked itself
 * @property {boolean} needs_login whether it says more only after a login
 * @property {string[]} devices devices of this room at its address, such as camera.front
 */

/**
 * What a search found.
 * @typedef {object} FoundDevicesModel
 * @property {FoundDeviceModel[]} found by kind, then by address
 */

/**
 * One device, as it says it is; null: it was not read, or there is no such thing.
 * @typedef {object} InventoryItem
 * @property {string} name its name in the room document, such as camera.front
 * @property {string} kind its table in room.toml, such as camera
 * @property {string} status starting, online or offline
 * @property {string | null} model as the device says it
 * @property {string | null} firmware its version, as the device says it
 * @property {string | null} serial_number as the device says it
 * @property {string | null} profile the model that its profile is for
 * @property {"report" | "manual" | "trace" | "hardware" | null} verified how far the profile can be trusted: hardware most, report least
 * @property {string[]} advisories known faults of its firmware
 */

/**
 * One booking that was to be released, or was (`room.ledger`).
 * @typedef {object} LedgerLine
 * @property {number} number
 * @property {string} at
 * @property {string} booking
 * @property {string} title
 * @property {string} start
 * @property {string} end
 * @property {"warned" | "kept" | "released" | "undone" | "dropped"} outcome
 * @property {string} author
 * @property {string | null} warned_at
 * @property {string[]} warned
 * @property {string[]} sensors
 * @property {number} given_back_min
 */

/**
 * A move as it stands.
 * @typedef {object} MigrationModel
 * @property {string | null} leaving old platform; null: no plan
 * @property {string | null} to new platform; null: no plan
 * @property {string | null} planned_at when; null: no plan
 * @property {string | null} planned_by who planned it; null: no plan
 * @property {"dual" | "default" | "join_only" | "ended" | null} today stage that the room is in today; null: in none
 * @property {"dual" | "default" | "join_only" | "ended" | null} next_stage stage to apply next; null: none
 * @property {number} dead number of bookings that die, when it was planned
 * @property {number} at_risk number of bookings at risk, when it was planned
 * @property {number} not_moved number of things that are left to a person
 * @property {"not_needed" | "missing" | "shown" | null} walkthrough whether the room passes the new platform's page; null: no plan
 * @property {StageModel[]} stages in their order
 * @property {ProofModel[]} proofs the oldest first
 */

/**
 * How meetings began in a month such as "2026-11". `plain`: on platforms whose page a person
 * finishes; `assisted`: on the others. `first_try`: in the call within 20 s of the first act, with
 * one tap at most, and no fault shown; the other counts say what it was that spoilt the rest.
 * `share` is first_try of them all, 0 to 1.
 * @typedef {object} MonthlyStarts
 * @property {string} month
 * @property {"assisted" | "plain"} mode
 * @property {number} share
 * @property {number} first_try
 * @property {number} fault
 * @property {number} touches
 * @property {number} slow
 * @property {number} given_up
 */

/**
 * application/problem+json (RFC 9457); `code` is from a closed list.
 * @typedef {object} Problem
 * @property {string} type
 * @property {string} title
 * @property {number} status
 * @property {string} code
 * @property {string} detail
 * @property {Record<string, unknown>} params
 */

/**
 * A meeting on the new platform that the room was in.
 * @typedef {object} ProofModel
 * @property {string} at when
 * @property {string} who who said so
 * @property {string} host host of the meeting's link
 * @property {"media" | "person"} evidence its media, or a person who looked
 * @property {"not_needed" | "missing" | "shown"} walkthrough whether the room could then pass its page automatically
 */

/**
 * Seconds in each state from `start` on; `arrivals`: how often somebody came in.
 * @typedef {object} QuarterHourModel
 * @property {string} start
 * @property {number} occupied_s
 * @property {number} vacant_s
 * @property {number} unknown_s
 * @property {number} call_s
 * @property {number} arrivals
 */

/**
 * What the room was told: `mono_s` as its clock counted; `kind` level, healthy, call, touch.
 * "start": the program began. All since a start, told again, gives the same states.
 * @typedef {object} RawTransition
 * @property {string} at
 * @property {number} mono_s
 * @property {string} kind
 * @property {string} sensor
 * @property {boolean} on
 */

/**
 * How a step ended.
 * @typedef {"ok" | "failed" | "skipped"} Result
 */

/**
 * The program, the box it runs on, and its devices.
 * @typedef {object} RoomInformation
 * @property {string} version of roomctl
 * @property {string | null} commit that this build was made from; null: unknown
 * @property {string | null} date when that was committed; null: unknown
 * @property {boolean | null} modified whether the tree had changes that were not committed; null: unknown
 * @property {string} python version of Python
 * @property {string} system operating system and machine
 * @property {string} boot_id changes with each start of the program
 * @property {string} started_at when the program began, by the clock as it is now
 * @property {number} uptime_s seconds since then
 * @property {boolean} clock_proven whether the box's clock is known to be right
 * @property {string} hostname of the box
 * @property {string | null} serial_number of the board; of a box without one, 16 hex digits that stay the same
 * @property {string[]} addresses IP addresses of the box on its networks
 * @property {InventoryItem[]} inventory the devices of room.toml
 */

/**
 * A span of the history; `kept`: it is switched on; `transitions`: on request.
 * @typedef {object} RoomUsage
 * @property {boolean} kept
 * @property {QuarterHourModel[]} quarters
 * @property {AutomaticActModel[]} acts
 * @property {RawTransition[]} transitions
 */

/**
 * A self-test: when, for whom, and how each device did.
 * @typedef {object} SelftestModel
 * @property {string} at when it began
 * @property {string} requested_by role of who asked for it
 * @property {string} requested_by_name which one of them
 * @property {boolean} running whether devices are still to come
 * @property {DeviceTestModel[]} devices those that are done
 */

/**
 * The last self-test.
 * @typedef {object} SelftestResults
 * @property {SelftestModel | null} report null: there was none since the program began
 */

/**
 * A browser that was paired. `ends_in_s`: a phone's visit; else after 90 days unused.
 * @typedef {object} SessionModel
 * @property {string} id
 * @property {string} role
 * @property {string} made
 * @property {string} used
 * @property {number | null} ends_in_s
 */

/**
 * One stage of a move.
 * @typedef {object} StageModel
 * @property {"dual" | "default" | "join_only" | "ended"} stage which one
 * @property {string} day day from which on it counts, in the room's zone
 * @property {string | null} applied_at when it was applied; null: not yet
 * @property {string | null} who who applied it; null: not applied yet
 * @property {number | null} revision number of its revision of the configuration; null: none
 * @property {number | null} before number of the revision that undoes it; 0: room.toml
 */

/**
 * One step of a device's test.
 * @typedef {object} StepModel
 * @property {string} name what was tried
 * @property {Result} result ok, failed or skipped
 * @property {string} words what was found, for a technician
 * @property {Record<string, number>} numbers what was measured; names end with their units
 */

/**
 * Anything that the socket says.
 * @typedef {HelloReply | SnapshotReply | PatchReply | AckReply | LevelReply | BeatReply | PongReply | ErrorReply} LiveReply
 */

/**
 * Anything that the socket takes.
 * @typedef {LiveCommand | LiveHold | LiveRelease | LiveListen | LiveSnapshot | LivePing} LiveMessage
 */

export {};
