"""What is read of a kind's declarations, for what shows any kind."""

from roomctl import app
from roomctl.feature import Feature, controls_of, features_of
from tests.plugins.conftest import Bring
from tests.plugins.lamps import MODULE


def test_a_field_is_a_form_with_its_range_unit_and_choices(bring: Bring) -> None:
    bring("lamps", {"lamp": "lamps:KIND"}, MODULE)
    entry = app.plugin("lamp").entry
    assert entry is not None
    found = {one.name: one for one in features_of(entry)}
    assert {name: one.form for name, one in found.items()} == {
        "on": "switch",
        "scene": "choice",
        "warmth": "level",
        "light": "number",
        "label": "text",
    }
    assert found["scene"].choices == ("work", "film", "off_duty")
    assert found["light"] == Feature("light", "number", "lx", 0, None, True, (), "of its sensor")


def test_a_control_is_a_command_that_one_value_gives(bring: Bring) -> None:
    bring("lamps", {"lamp": "lamps:KIND"}, MODULE)
    found = {one.command: one for one in controls_of(app.plugin("lamp"))}
    assert list(found) == ["lamp.power", "lamp.scene", "lamp.warmth"]
    assert {one.device for one in found.values()} == {"lamp"}
    argument = found["lamp.warmth"].argument
    assert argument is not None
    assert (argument.form, argument.minimum, argument.maximum) == ("level", 2.5, 6.5)


def test_what_a_plug_in_does_not_call_is_called_as_its_code_does(bring: Bring) -> None:
    bring("lamps", {"lamp": "lamps:KIND"}, MODULE)
    words = app.plugin("lamp").words["en"]
    assert words["kind"] == "Lamp"
    assert words["value.scene.off_duty"] == "Off duty"
    assert words["command.test_all"] == "Test all"
