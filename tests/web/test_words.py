"""Both languages say everything: the same keys, the same placeholders, every code there is."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from roomctl import app, rules
from roomctl.byom.session import Side
from roomctl.clock import VirtualClock
from roomctl.display.pjlink import SOURCES
from roomctl.display.session import Power
from roomctl.errors import PortReason
from roomctl.meeting.call import CallFailure
from roomctl.meeting.invitation import Refusal
from roomctl.occupancy import presence
from roomctl.occupancy.health import FaultCode
from roomctl.occupancy.profile import SensorKind
from roomctl.room.automation import BECAUSE, TAKEN
from roomctl.room.cameras import NOT_DONE, WRONG_PICTURE
from roomctl.room.document import (
    ActEntry,
    AudioEntry,
    BookingEntry,
    DeviceEntry,
    MeetingEntry,
    NoticeEntry,
    OccupancyEntry,
)
from roomctl.room.microphone import MISSING
from roomctl.rules import CameraAct
from roomctl.screen.protocol import PagePhase, ToneVerdict, TouchRefusal
from roomctl.simulator import Simulator
from roomctl.simulator.devices import BLOCKS
from tests.invented import START
from tests.web.stand_in import WEB

LANGUAGES = sorted(path.stem for path in (WEB / "i18n").glob("*.json"))
FOLDERS = [WEB / "i18n", *sorted(path for path in (WEB / "i18n").iterdir() if path.is_dir())]
FILES = {name: [folder / f"{name}.json" for folder in FOLDERS] for name in LANGUAGES}
CATALOGS = {
    name: {key: said for path in paths for key, said in json.loads(path.read_text()).items()}
    for name, paths in FILES.items()
}
EN, ZH = CATALOGS["en"], CATALOGS["zh-CN"]
MODULES = sorted((WEB.parent / "roomctl").rglob("*.py"))
DEMO = "demo-meeting.js"  # plays a foreign site, and brings its own words


GLOSSARY = tomllib.loads((WEB / "i18n" / "glossary.toml").read_text(encoding="utf-8"))["term"]


def said(entry: Any) -> str:
    """Return what a person reads of an entry, all its forms in one."""
    forms = [entry] if isinstance(entry, str) else [*entry.values()]
    return re.sub(r"\{\w+\}", "", " / ".join(forms))


@pytest.mark.parametrize("term", GLOSSARY, ids=[term["en"] for term in GLOSSARY])
def test_one_thing_has_one_word_in_each_language(term: dict[str, Any]) -> None:
    word = re.compile(rf"\b{term['en']}s?\b", re.IGNORECASE)
    where = [key for key in EN if word.search(said(EN[key]))]
    assert where, f"nothing speaks of {term['en']!r} any more"
    ours = {key: said(ZH[key]) for key in where if key not in term.get("but", ())}
    others = {key: text for key, text in ours.items() if not any(zh in text for zh in term["zh"])}
    assert not others, f"{term['en']!r} is {term['zh']} in the glossary"


@pytest.mark.parametrize("name", sorted(CATALOGS))
def test_no_word_is_used_that_the_glossary_has_another_for(name: str) -> None:
    never = [word for term in GLOSSARY for word in term.get("never", ())]
    found = {
        key: word
        for key, entry in CATALOGS[name].items()
        for word in never
        if re.search(rf"\b{word}\b" if word.isascii() else word, said(entry), re.IGNORECASE)
    }
    assert found == {}


@pytest.mark.parametrize(
    "term", [term for term in GLOSSARY if "only" in term], ids=lambda term: term["en"]
)
def test_a_word_of_one_kind_of_thing_is_said_of_nothing_else(term: dict[str, Any]) -> None:
    word = re.compile(rf"\b{term['en']}\b", re.IGNORECASE)
    where = [key for key in EN if word.search(said(EN[key]))]
    assert [key for key in where if not key.startswith(tuple(term["only"]))] == []


def placeholders(entry: Any) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", json.dumps(entry)))


def literals(entry: type, field: str) -> set[str]:
    return set(get_args(get_type_hints(entry)[field]))


def sources() -> str:
    return "\n".join(path.read_text() for path in WEB.rglob("*.js") if path.name != DEMO)


def test_both_catalogs_have_the_same_keys_in_the_same_order() -> None:
    assert list(EN) == list(ZH)


@pytest.mark.parametrize("name", ["en", "zh-CN"])
def test_no_key_stands_twice(name: str) -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        assert [key for key in {*keys} if keys.count(key) > 1] == []
        return dict(pairs)

    said = [json.loads(path.read_text(), object_pairs_hook=once) for path in FILES[name]]
    assert len(said) > 1
    assert sum(map(len, said)) == len(CATALOGS[name])


def test_both_languages_fill_in_the_same() -> None:
    assert len(EN) > 1000
    pairs = {key: (placeholders(EN[key]), placeholders(ZH[key])) for key in EN}
    assert {key: pair for key, pair in pairs.items() if pair[0] != pair[1]} == {}


def test_every_code_of_a_closed_list_is_said() -> None:
    wanted = {f"offline.{reason}" for reason in (*PortReason, "no_reply", "other")}
    wanted |= {f"refused.{refusal}" for refusal in (*Refusal, "other")}
    heads = ("failure", "blocked", "blocked.do")
    wanted |= {f"{head}.{failure}" for head in heads for failure in (*CallFailure, "other")}
    wanted |= {f"error.{refusal}" for refusal in TouchRefusal}
    wanted |= {f"kind.{kind.name}" for kind in app.KINDS}
    wanted |= {f"status.{status}" for status in literals(DeviceEntry, "status")}
    wanted |= {f"display.power.{power}" for power in get_args(Power)}
    wanted |= {f"display.source.{number}" for number in SOURCES}
    shown = literals(MeetingEntry, "state") - {"idle"}
    wanted |= {f"call.{state}" for state in shown} | {f"call.hint.{state}" for state in shown}
    for mute in literals(AudioEntry, "mute"):
        wanted |= {f"mic.{mute}", f"mic.do.{mute}"}
    for by in literals(AudioEntry, "requested_by"):
        wanted |= {f"sound.muted_by.{by}"}
    wanted |= {
        f"sound.why.{why}" for why in (*MISSING, "led_unavailable", "gain", "conflict", "other")
    }
    wanted |= {f"sound.switch.{state}" for state in literals(AudioEntry, "switch") - {"none"}}
    wanted |= {f"sound.verdict.{verdict}" for verdict in (*ToneVerdict, "other")}
    assert wanted - EN.keys() == set()


def test_whatever_the_room_does_by_itself_is_said_before_and_after() -> None:
    announced = literals(NoticeEntry, "act") - {"wake"}  # nobody has to be warned of light
    wanted = {
        f"auto.{part}.{act}"
        for act in announced
        for part in ("soon", "warn", "because", "postpone", "screen")
    }
    done = literals(ActEntry, "act")
    wanted |= {f"auto.did.{act}" for act in done}
    wanted |= {f"auto.undo.{act}" for act in done - {*CameraAct}}  # a camera is moved by hand
    wanted |= {f"booking.{status}" for status in ("checked_in", "released")}
    assert {"checked_in", "released"} < literals(BookingEntry, "status")
    [door, _] = get_args(get_type_hints(OccupancyEntry)["door"])
    wanted |= {f"reason.door_is.{word}" for word in get_args(door)}
    assert wanted - EN.keys() == set()


def test_every_reason_that_the_room_may_give_is_said() -> None:
    found = set(get_args(SensorKind))
    found |= set(arguments(presence, "Reason")) | set(arguments(presence, "_Proof"))
    found |= set(arguments(rules, "Decision", 1)) | returned(rules, "_why_awake")
    found |= {*BECAUSE.values(), *TAKEN.values()}
    found |= {"no_show", "vacant"}  # why a booking is released and a call left
    assert {"call", "touch", "no_sensor", "asked", "occupied", "postponed", "unknown"} <= found
    assert {f"reason.{code}" for code in found} - EN.keys() == set()


def test_every_issue_that_the_room_may_have_is_said() -> None:
    codes = {f"occupancy.{fault}" for fault in get_args(FaultCode)} | {*NOT_DONE.values()}
    codes |= {*WRONG_PICTURE.values()}
    for path in MODULES:
        for called in ("IssueEntry", "_issue"):
            codes |= {code for code in arguments(path, called) if "." in code.rstrip(".")}
    assert {"device.offline", "calendar.stale", "occupancy.lost_transitions"} <= codes
    assert {f"issue.{code}" for code in codes} - EN.keys() == set()


def test_every_reason_why_a_device_is_not_there_is_said() -> None:
    reasons = {reason for path in MODULES for reason in arguments(path, "unproven")}
    assert {"no_reply", "internal"} <= reasons
    assert {f"offline.{reason}" for reason in reasons} - EN.keys() == set()


def arguments(module: Any, called: str, place: int = 0) -> Iterator[str]:
    """Yield every text that is written as an argument of `called` in a module, at `place`."""
    path = module if isinstance(module, Path) else Path(module.__file__)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or len(node.args) <= place:
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if name == called:
            for part in ast.walk(node.args[place]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def returned(module: Any, function: str) -> set[str]:
    """Return every text that a function of a module may return."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    [found] = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function]
    values = [n.value for n in ast.walk(found) if isinstance(n, ast.Return)]
    return {v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)}


def test_every_error_that_the_server_names_is_said() -> None:
    from roomctl.api.app import _STATUS

    refused = {code for path in MODULES for code in arguments(path, "Refused", 1)}
    assert {"busy", "raw_frame", "unknown_booking"} <= refused
    assert {code for code in {*_STATUS, *refused} if f"error.{code}" not in EN} == set()


def test_every_key_that_a_module_says_stands_in_the_catalogs() -> None:
    said = set(
        re.findall(r"""\b(?:t|words|named)\([^"`]*"([a-z_]+(?:\.[a-z_]+)+|\w+)\"""", sources())
    )
    keys = {key for key in said if "." in key}
    assert len(keys) > 40
    assert keys - EN.keys() == set()


def test_every_key_of_the_catalogs_is_said_by_some_module() -> None:
    text = sources()
    prefixes = set(re.findall(r'(?:say\("|word\("|`)([a-z_]+(?:\.[a-z_]+)*)\.?(?:"|\$\{)', text))
    suffixes = set(re.findall(r"`\$\{[^}]+\}(\.[a-z_.]+)`", text))
    unsaid = [
        key
        for key in EN
        if f'"{key}"' not in text
        and not any(key.startswith(f"{head}.") for head in prefixes)
        and not key.endswith(tuple(suffixes))
    ]
    assert unsaid == []


def test_no_words_stand_outside_the_catalogs() -> None:
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", sources(), flags=re.S)
    assert re.findall(r"[\u3400-\u9fff]+", code) == []
    strings = re.findall(r'"([^"\n]*)"', code)
    sentences = [text for text in strings if re.match(r"[A-Z][a-z]+ [a-z]+", text)]
    assert sentences == []


EVERY_KIND = """
[room]
display_name = "Bamboo"
[screen]
mode = "simulated"
url = "unix:/run/screen.sock"
[camera.visca]
url = "serial:/dev/ttyUSB0?baud=9600"
profile = "sony_srg300h"
[camera.ip]
url = "visca-ip://192.0.2.1"
profile = "sony_srg300h"
[camera.usb]
url = "v4l2:/dev/video0"
[camera.aw]
url = "aw://192.0.2.2"
[camera.onvif]
url = "onvif://192.0.2.3"
[speakerphone.table]
url = "usb:0b0e:2456"
[occupancy.ceiling]
url = "gpio:17"
[occupancy.counter]
url = "api:counter"
profile = "people_counter"
[display.wall]
url = "tcp://192.0.2.5:4352"
profile = "pjlink"
[controller.pad]
url = "evdev:auto"
[output.lamp]
url = "gpio:22"
on = "in_call"
[byom]
url = "sim:switch"
[meeting]
platform = "jitsi"
"""


def test_whatever_a_simulated_device_shows_and_takes_is_said() -> None:
    simulator = Simulator(app.parse(EVERY_KIND, "room.toml"), VirtualClock(START))
    described: list[dict[str, Any]] = simulator.describe()
    assert {one["kind"] for one in described} == {kind.name for kind in app.KINDS}
    wanted = {f"action.{action}" for one in described for action in (*one["actions"], "plug")}
    drawn = {"pan_deg", "tilt_deg", "zoom_pct"}  # as a picture
    wanted |= {f"state.{state}" for one in described for state in one["state"].keys() - drawn}
    wanted |= {f"value.{word}" for word in (*BLOCKS, *PagePhase, *get_args(Power)) if word}
    wanted |= {f"value.{lamp}" for lamp in ("red", "green", *get_args(Side))}
    assert wanted - EN.keys() == set()


def test_a_sentence_ends_once() -> None:
    ends = re.compile(r"[?!？！。.][.。](?!\.)|。。")
    twice = [
        f"{language}: {key}: {text}"
        for language, catalog in CATALOGS.items()
        for key, text in catalog.items()
        if any(ends.search(each.replace("...", "…")) for each in str(text).splitlines())
    ]
    assert twice == []
