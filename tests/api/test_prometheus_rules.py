"""Prometheus' rules and Grafana's dashboard ask for what a room tells; Prometheus takes them."""

import asyncio
import json
import re
import shutil
import subprocess
from typing import get_args

import pytest
from prometheus_client.parser import text_string_to_metric_families

from roomctl.room.issues import Severity
from tests.api.rig import BEARER, House
from tests.house.pages import TREE

RULES = TREE / "deploy" / "prometheus" / "roomctl.yml"
DASHBOARD = TREE / "deploy" / "grafana" / "roomctl.json"
WORDS = json.loads((TREE / "web" / "i18n" / "en.json").read_text(encoding="utf-8"))
CLOSED = {  # labels whose values a room that is well does not tell
    "code": {key.removeprefix("issue.") for key in WORDS if key.startswith("issue.")},
    "severity": set(get_args(Severity)),
}
_MATCHED = re.compile(r"\b((?:roomctl|process)_\w+)(?:\{([^}]*)\})?")
_LABEL = re.compile(r'(\w+)=~?"([^"]*)"')

real = pytest.mark.real
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool")


def expressions() -> list[str]:
    """Return what the dashboard asks for."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


@pytest.fixture
async def ready(tmp_path):
    """A room that runs, without a socket, and has read its calendar."""
    house = House(tmp_path)
    room = asyncio.ensure_future(house.room.run())
    try:
        await house.until(lambda document: document.phase == "ready" and document.conditions)
        await house.until(lambda _: house.room.bookings.age_s() is not None)
        yield house
    finally:
        room.cancel()
        await asyncio.gather(room, return_exceptions=True)
        await house.simulator.close()


async def told(house) -> dict[str, set[tuple[str, str]]]:
    """Return each name that a room tells, with the labels that it has and their values."""
    async with house.in_process(headers=BEARER) as client:
        text = (await client.get("/metrics")).text
    found: dict[str, set[tuple[str, str]]] = {}
    for family in text_string_to_metric_families(text):
        for suffix in ("", "_total", "_info") if not family.samples else ("",):
            found[family.name + suffix] = set()
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels.items())
    return found


async def test_every_metric_and_state_that_is_asked_for_is_told(ready):
    found = await told(ready)
    asked = _MATCHED.findall("\n".join([RULES.read_text(encoding="utf-8"), *expressions()]))
    assert len(asked) > 30
    lost = []
    for name, matchers in asked:
        if name not in found:
            lost.append(name)
        for label, values in _LABEL.findall(matchers):
            lost += [
                f"{name}{{{label}={value}}}"
                for value in values.split("|")
                if label not in ("job", "name")
                and value not in CLOSED.get(label, ())
                and (label, value) not in found.get(name, ())
            ]
    assert lost == []


ALERTS = """
rule_files: [{rules}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'up{{job="roomctl", instance="pine:8080"}}'
        values: '1x2 0x20'
      - series: 'roomctl_room_info{{instance="bamboo:8080", id="b", name="Bamboo"}}'
        values: '1x60'
      - series: 'roomctl_condition{{instance="bamboo:8080", condition="ready", status="true"}}'
        values: '0x60'
      - series: 'roomctl_calls_failed_total{{instance="bamboo:8080", platform="zoom"}}'
        values: '0 0 1 2 3 4x60'
    promql_expr_test:
      - expr: count by (alertname) (ALERTS{{alertstate="firing"}})
        eval_time: 20m
        exp_samples:
          - {{labels: '{{alertname="RoomUnreachable"}}', value: 1}}
          - {{labels: '{{alertname="RoomNotReady"}}', value: 1}}
          - {{labels: '{{alertname="RoomCallsFail"}}', value: 1}}
    alert_rule_test:
      - eval_time: 10m
        alertname: RoomNotReady
"""


@real
@promtool
def test_prometheus_takes_the_rules_and_the_alerts_come_when_they_should(tmp_path):
    case = tmp_path / "case.yml"
    case.write_text(ALERTS.format(rules=RULES))
    for words in (["check", "rules", str(RULES)], ["test", "rules", str(case)]):
        done = subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


@real
@promtool
def test_prometheus_takes_what_the_dashboard_asks_for(tmp_path):
    rules = [
        {"record": f"asked:{at}", "expr": one.replace("$room", ".*")}
        for at, one in enumerate(expressions())
    ]
    file = tmp_path / "asked.yml"
    file.write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}))  # JSON is YAML
    words = ["promtool", "check", "rules", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
