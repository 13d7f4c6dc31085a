"""A secret of room.toml has one type, which can be named and does not print itself."""

from roomctl.installed import data_path


def test_tables_of_room_toml_know_no_other_secret_than_ours() -> None:
    folder = data_path("web").parent / "roomctl"
    tables = [folder / "config.py", *folder.glob("*/profile.py")]
    others = [file for file in tables if "SecretStr" in file.read_text(encoding="utf-8")]
    assert not others, "use roomctl.secret.Secret: then secret:NAME may stand there"
