"""The API is what its own description says, whatever it is sent; and that is read offline."""

import asyncio
import re

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation

from roomctl.api.descriptions import FIELDS, PARAMETERS
from tests.api.rig import ADMIN, BEARER, House
from tests.examples import examples

ENDLESS = "/api/v1/events"  # a stream has no end to wait for; test_events reads it
# A body that is too large is refused before anybody looks whether it is as described.
CHECKS = {
    "negative_data_rejection": {"expected-statuses": ["4xx", "5xx"]},
    "positive_data_acceptance": {
        "expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "413", "429", "5xx"]
    },
}
EXAMPLES = 200  # for each operation and mode, in `make fuzz`
SHARE = 40  # of them in the suite: each is a request, and another without its rights


def is_sent(case):
    """Whether what is wrong with a case goes out: nothing of an empty list or object does.

    Nor does a header that is left out, for every request has ours.
    """
    if case.meta.generation.mode is GenerationMode.POSITIVE:
        return True
    gone = any(value in ([], {}, None) for value in (case.query or {}).values())
    wrong = {location for location in case.meta.components if case.meta.is_negative_at(location)}
    return not gone and wrong != {ParameterLocation.HEADER}


@schemathesis.serializer("application/x-tar")
def as_it_is(context, value):
    """Send a file as its bytes; what is none as text."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


def probe(base, mode):
    """Send what the description allows, or forbids; return how many cases that were."""
    config = SchemathesisConfig.from_dict({"checks": CHECKS})
    url = f"{base}/openapi.json"
    described = schemathesis.openapi.from_url(url, config=config, headers=BEARER)
    cases = 0
    quick = settings(
        max_examples=examples(EXAMPLES, SHARE),
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for operation in described.exclude(path=ENDLESS).get_all_operations():

        @quick
        @given(case=operation.ok().as_strategy(generation_mode=mode))
        def conforms(case):
            nonlocal cases
            assume(is_sent(case))
            cases += 1
            case.call_and_validate(headers=BEARER)

        if mode is GenerationMode.POSITIVE or operation.ok().body or operation.ok().query:
            conforms()
    return cases


@pytest.mark.real
@pytest.mark.hypothesis
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
async def test_whatever_is_sent_the_answer_is_one_that_is_described(alive, mode):
    assert await asyncio.to_thread(probe, alive.base, mode) > 2 * examples(EXAMPLES, SHARE)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """One room for all: nothing here changes it."""
    return House(tmp_path_factory.mktemp("state"))


@pytest.fixture
async def described(house):
    async with house.in_process(headers=BEARER) as client:
        return (await client.get("/openapi.json")).json()


async def test_the_description_is_openapi_3_1_and_names_every_route_of_the_api(described):
    assert described["openapi"].startswith("3.1.")
    assert set(described["paths"]) == {
        *("/api/v1/people", "/api/v1/people/{name}", "/api/v1/people-failures"),
        *("/api/v1/staff/sign-in", "/api/v1/sign-out", "/api/v1/export"),
        "/api/v1/import",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/room",
        "/api/v1/info",
        "/api/v1/issues",
        "/api/v1/kinds",
        "/api/v1/config",
        "/api/v1/config/check",
        "/api/v1/config/rollback",
        "/api/v1/config/search",
        "/api/v1/config/text",
        "/api/v1/migration",
        "/api/v1/migration/apply",
        "/api/v1/migration/evidence",
        "/api/v1/migration/plan",
        "/api/v1/migration/proof",
        "/api/v1/migration/rollback",
        "/api/v1/log",
        "/api/v1/selftest",
        "/api/v1/diagnostics",
        "/api/v1/help",
        "/api/v1/help/{number}",
        "/api/v1/meeting/code",
        "/api/v1/share/picture",
        "/api/v1/events",
        "/api/v1/commands",
        "/api/v1/commands/{command_id}",
        "/api/v1/occupancy/{sensor}",
        "/api/v1/pair",
        "/api/v1/session",
        "/api/v1/pairings",
        "/api/v1/phone",
        "/api/v1/pin",
        "/api/v1/pin/failures",
        "/api/v1/staff",
        "/api/v1/screen/picture",
        "/api/v1/screen/walkthrough",
        "/api/v1/screen/walkthrough/picked/picture",
        "/api/v1/screen/walkthrough/{step}/picture",
        "/api/v1/walkthrough-signers",
        "/api/v1/walkthroughs",
        "/api/v1/walkthroughs/{name}",
        "/api/v1/walkthroughs/{name}/file",
        "/api/v1/walkthroughs/{name}/steps/{step}/pictures/{picture}",
        "/api/v1/simulator",
        "/api/v1/simulator/words",
        "/api/v1/cameras/{camera}/picture",
        "/api/v1/cameras/{camera}/presets/{preset}/picture",
        "/api/v1/cameras/{camera}/trace",
        "/api/v1/ledger",
        "/api/v1/look/{picture}",
        "/api/v1/ledger.csv",
        "/api/v1/settings",
        "/api/v1/starts",
        "/api/v1/audit",
        "/api/v1/audit/verify",
        "/api/v1/use",
        "/api/v1/alerts/{name}/test",
        "/api/v1/tokens",
        "/api/v1/tokens/{name}",
        "/api/v1/sessions",
        "/api/v1/sessions/{session}",
        "/api/v1/speakerphones/{speakerphone}/description",
    }


async def test_every_error_is_described_as_a_problem(described):
    problem = {"$ref": "#/components/schemas/Problem"}
    for path, operations in described["paths"].items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and path not in ("/healthz", "/readyz"):
                    assert answer["content"] == {"application/problem+json": {"schema": problem}}
    command = described["paths"]["/api/v1/commands"]["post"]["responses"]
    assert {"401", "403", "404", "409", "413", "415", "422", "501", "503", "504"} < set(command)


async def test_every_command_is_described(described):
    body = described["paths"]["/api/v1/commands"]["post"]["requestBody"]["content"]
    [kind] = body
    assert kind == "application/json"
    assert set(body[kind]["schema"]["discriminator"]["mapping"]) >= {
        *("camera.drive", "camera.stop", "camera.home", "camera.recall", "camera.store"),
        *("camera.goto", "camera.relative", "camera.zoom", "camera.focus", "camera.exposure"),
        *("camera.white_balance", "camera.ir_receive", "camera.tally", "camera.tracking"),
        *("camera.raw", "camera.name", "room.roll_back"),
        *("camera.power", "audio.mute", "audio.volume", "meeting.join", "meeting.new"),
        *("meeting.leave", "room.wake", "room.standby"),
    }


async def test_only_what_needs_a_token_says_that_it_needs_one(described):
    for path, operations in described["paths"].items():
        for operation in operations.values():
            pages = ("/api/v1/pair", "/api/v1/staff/sign-in", "/api/v1/session")
            public = path in ("/healthz", "/readyz", *pages)
            assert ("security" in operation) is not public, path


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_the_pages_that_explain_the_api_load_nothing_from_another_host(house, path):
    async with house.in_process(headers=BEARER) as client:
        page = (await client.get(path)).text
        loaded = re.findall(r"""(?:src|href|url)\s*[=:(]\s*["']([^"']+)""", page)
        assert [where for where in loaded if "//" in where] == []
        assert not re.search(r"https?://", page)
        local = [where for where in loaded if where.startswith("/")]
        assert len(local) >= 2
        for where in local:
            assert (await client.get(where)).status_code == 200, where
        assert ADMIN not in page


NUMBERS = {"integer", "number"}
UNITS = re.compile(
    r"second|per cent|degree|minutes|hours|days|ppm|number|people|step|status"
    r"|\b0 to 1\b|-1 to 1|\bms\b"
)


def properties(described):
    for name, schema in described["components"]["schemas"].items():
        for field, about in schema.get("properties", {}).items():
            yield name, field, about


def types_of(about):
    ways = (about, *about.get("anyOf", ()))
    return {one.get("type") for one in ways}


async def test_every_field_says_what_it_is(described):
    undescribed = [
        f"{name}.{field}"
        for name, field, about in properties(described)
        if not any("description" in one for one in (about, *about.get("anyOf", ())))
        and "$ref" not in str(about)[:12]
    ]
    assert undescribed == []
    unsaid = [
        f"{method} {path} {one['name']}"
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        for one in operation.get("parameters", ())
        if "description" not in one and "description" not in one["schema"]
    ]
    assert unsaid == []


async def test_every_number_says_its_unit(described):
    unmeasured = []
    for name, field, about in properties(described):
        words = " ".join(one.get("description", "") for one in (about, *about.get("anyOf", ())))
        if types_of(about) & NUMBERS and "boolean" not in types_of(about):
            unmeasured += [] if UNITS.search(words) else [f"{name}.{field}: {words}"]
    assert unmeasured == []


async def test_nothing_is_described_that_there_is_not(described):
    there = {f"{name}.{field}" for name, field, _ in properties(described)}
    there |= {one.partition(".")[2] for one in there}
    assert sorted(set(FIELDS) - there) == []
    names = {
        one["name"]
        for operations in described["paths"].values()
        for operation in operations.values()
        for one in operation.get("parameters", ())
    }
    assert sorted(set(PARAMETERS) - names) == []
