"""Both languages say everything: the same keys, the same placeholders, every code there is."""

from __future__ import annotations

import json
import re
from typing import Any, get_args, get_type_hints

import pytest

from roomctl.errors import PortReason
from roomctl.meeting.refusal import Refusal
from roomctl.room.audio import MISSING
from roomctl.room.document import AudioEntry, DeviceEntry, MeetingEntry
from roomctl.screen.protocol import Verdict
from tests.web.stand_in import WEB

CATALOGS = {path.stem: json.loads(path.read_text()) for path in (WEB / "i18n").glob("*.json")}
EN, ZH = CATALOGS["en"], CATALOGS["zh-CN"]
FAILURES = re.findall(
    r"\w+",
    """
    passcode_needed passcode_wrong sign_in_required bot_wall host_not_started denied removed
    not_found blocked_by_policy service_ended network crashed media_denied other
""",
)
DEMO = "demo-meeting.js"  # plays a foreign site, and brings its own words


def placeholders(entry: Any) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", json.dumps(entry)))


def literals(entry: type, field: str) -> set[str]:
    return set(get_args(get_type_hints(entry)[field]))


def sources() -> str:
    return "\n".join(path.read_text() for path in WEB.rglob("*.js") if path.name != DEMO)


def test_both_catalogs_have_the_same_keys_in_the_same_order() -> None:
    assert list(EN) == list(ZH)


@pytest.mark.parametrize("key", EN)
def test_both_languages_fill_in_the_same(key: str) -> None:
    assert placeholders(EN[key]) == placeholders(ZH[key])


def test_every_code_of_a_closed_list_is_said() -> None:
    wanted = {f"offline.{reason}" for reason in (*PortReason, "no_reply", "other")}
    wanted |= {f"refused.{refusal}" for refusal in (*Refusal, "other")}
    wanted |= {f"failure.{failure}" for failure in FAILURES}
    wanted |= {f"kind.{kind}" for kind in literals(DeviceEntry, "kind")}
    wanted |= {f"status.{status}" for status in literals(DeviceEntry, "status")}
    shown = literals(MeetingEntry, "state") - {"idle", "ended", "failed"}
    wanted |= {f"call.{state}" for state in shown} | {f"call.hint.{state}" for state in shown}
    for mute in literals(AudioEntry, "mute"):
        wanted |= {f"mic.{mute}", f"mic.do.{mute}"}
    for by in literals(AudioEntry, "by"):
        wanted |= {f"sound.muted_by.{by}"}
    wanted |= {f"sound.why.{why}" for why in (*MISSING, "conflict", "other")}
    wanted |= {f"sound.verdict.{verdict}" for verdict in (*Verdict, "other")}
    assert wanted - EN.keys() == set()


def test_every_error_that_the_server_names_is_said() -> None:
    from roomctl.api.app import _STATUS

    unsaid = {code for code in _STATUS if f"error.{code}" not in EN}
    assert unsaid - {"unknown_action"} == set()  # only the far side has actions


def test_every_key_that_a_module_says_stands_in_the_catalogs() -> None:
    said = set(
        re.findall(r"""\b(?:t|words|named)\([^"`]*"([a-z_]+(?:\.[a-z_]+)+|\w+)\"""", sources())
    )
    keys = {key for key in said if "." in key}
    assert len(keys) > 40
    assert keys - EN.keys() == set()


def test_every_key_of_the_catalogs_is_said_by_some_module() -> None:
    text = sources()
    prefixes = set(re.findall(r'(?:say\("|`)([a-z_]+(?:\.[a-z_]+)*)\.?(?:"|\$\{)', text))
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
