"""What a plug-in's devices are at a broker, and in Home Assistant. In invented time."""

import json
import re

from tests.api.test_mqtt import BASE, NAMED, Broker, bridged
from tests.invented import invented
from tests.plugins.conftest import Bring
from tests.plugins.lamps import MODULE

BLINDS = NAMED + '[blinds.window]\nurl = "http://192.0.2.30"\n'
LAMPS = NAMED + (
    '[lamp.null]\nurl = "http://192.0.2.31"\ntitle = { en = "Desk lamp", zh = "台灯" }\n'
)


@invented
async def test_the_fields_are_topics_that_follow_the_device(blinds: None) -> None:
    broker = Broker()
    async with bridged(broker, BLINDS, role="operate") as house:
        await house.until(lambda: broker.state("blinds/window/position_pct") == "100")
        assert broker.state("device/blinds/window") == "online"
        broker.command("blinds.go_to", {"blinds": "window", "position_pct": 40})
        await house.until(lambda: broker.state("blinds/window/moving") == "down")
        await house.until(lambda: broker.state("blinds/window/position_pct") == "40", 30)
        assert broker.results("blinds.go_to")[0]["status"] == "done"
        await house.act("blinds.window", "unplug")
        await house.until(lambda: broker.state("blinds/window/position_pct") == "None")


@invented
async def test_home_assistant_shows_what_they_say_and_gives_their_commands(blinds: None) -> None:
    broker = Broker()
    async with bridged(broker, BLINDS, role="operate") as house:
        await house.until(lambda: "button/blinds-window-up" in broker.found())
        found = broker.found()
        assert "sensor/blinds-window-position_pct" not in found
        moving = found["sensor/blinds-window-moving"]
        assert (moving["device_class"], moving["options"]) == ("enum", ["up", "down", "no"])
        position = found["number/blinds-window-go_to"]
        assert position["name"] == "Blinds window Position"
        assert (position["min"], position["max"]) == (0, 100)
        assert position["unit_of_measurement"] == "%"
        assert position["state_topic"] in broker.kept
        sent = re.sub(r"\{\{ value \| int \}\}", "70", position["command_template"])
        broker.command("blinds.go_to", sent)
        await house.until(lambda: broker.state("blinds/window/position_pct") == "70", 30)
        button = found["button/blinds-window-up"]
        broker.publish(button["command_topic"], button["payload_press"])
        await house.until(lambda: broker.state("blinds/window/moving") == "up")


@invented
async def test_who_may_only_read_has_a_sensor_for_each_field(blinds: None) -> None:
    broker = Broker()
    async with bridged(broker, BLINDS) as house:
        await house.until(lambda: "sensor/blinds-window-position_pct" in broker.found())
        assert not [key for key in broker.found() if key.startswith(("button", "number"))]


@invented
async def test_each_form_is_an_entity_that_carries_its_value(bring: Bring) -> None:
    bring("lamps", {"lamp": "lamps:KIND"}, MODULE)
    broker = Broker()
    async with bridged(broker, LAMPS, role="operate") as house:
        await house.until(lambda: "switch/lamp-null-power" in broker.found())
        found = broker.found()
        assert found["switch/lamp-null-power"]["name"] == "Desk lamp Power"
        assert found["sensor/lamp-null-light"]["unit_of_measurement"] == "lx"
        broker.command("lamp.power", found["switch/lamp-null-power"]["payload_on"])
        await house.until(lambda: broker.state("lamp/null/on") == "ON")
        template = found["select/lamp-null-scene"]["command_template"]
        sent = template.replace("{{ value | tojson }}", json.dumps("off_duty"))
        assert json.loads(sent) == {"lamp": "null", "scene": "off_duty"}
        broker.publish(f"{BASE}/command/lamp.scene", sent)
        await house.until(lambda: broker.state("lamp/null/scene") == "off_duty")
