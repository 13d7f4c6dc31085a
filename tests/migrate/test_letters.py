"""Drafts to organizers: one a person and language, of all rooms; whom none reaches is listed."""

import csv
import io
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

from roomctl.migrate.evidence import cell
from roomctl.migrate.letter import files, letters, without_address
from tests.migrate.test_evidence import TEXT, booking, plan

PINE = TEXT.replace("竹 Bamboo", "Pine")


def series(title, organizer, days, email, **more):
    """Return the occurrences of a weekly series from so many days on."""
    made = [booking(title, organizer, day, organizer_email=email, **more) for day in days]
    return [replace(one, series="s" * 32, id=f"{title}/{at}") for at, one in enumerate(made)]


def drafts(*plans):
    return files([one for each in plans for one in each.letter_rows], cell)


def test_one_person_gets_one_letter_a_language_about_all_rooms_in_order_of_time() -> None:
    bamboo = plan(
        booking("second", "Wang", 12, organizer_email="wang@acme.example"),
        *series("weekly", "Wang Fang", (11, 18, 50), "Wang@Acme.example"),
    )
    pine = plan(booking("first", "", 10, organizer_email="wang@acme.example"), text=PINE)
    found = letters([*bamboo.letter_rows, *pine.letter_rows])
    assert [one.language for one in found] == ["zh-CN", "en"]
    english = found[1]
    rows = [line for line in english.text.splitlines() if line.startswith("- ")]
    assert [
        next(word for word in ("first", "weekly", "second") if word in row) for row in rows
    ] == [
        "first",
        "weekly",
        "second",
    ]
    assert ["Pine" in row for row in rows] == [True, False, False]
    assert "until 2027-01-16 (Sat)" in rows[1]
    assert "cannot be joined" in rows[1]  # at its end, at the latest
    assert "Please move 3 meeting(s)" in english.subject
    assert "Pine, 竹 Bamboo" in english.text


def test_two_of_one_name_get_a_letter_each_and_read_nothing_of_the_other() -> None:
    made = plan(
        booking("merger", "王芳", 10, organizer_email="wang.fang1@acme.example"),
        booking("picnic", "王芳", 11, organizer_email="wang.fang2@acme.example"),
        booking("gossip", "王芳", 12),
    )
    texts = {(one.email, one.language): one.text for one in made.letters}
    assert len(texts) == 6
    for (email, _), text in texts.items():
        told = [title for title in ("merger", "picnic", "gossip") if title in text]
        assert told == {"wang.fang1@acme.example": ["merger"], "": []}.get(email, ["picnic"])


def test_private_ones_are_counted_without_title_time_or_name() -> None:
    eve = {"organizer_email": "eve@acme.example", "private": True}
    made = plan(
        booking("takeover", "Eve", 10, **eve),
        *series("layoffs", "Eve", (11, 18), **{"email": "eve@acme.example", "private": True}),
        booking("nobody knows", "Boss", 12, private=True),
        booking("lunch", "Eve", 13, organizer_email="eve@acme.example"),
    )
    english = next(one for one in made.letters if one.language == "en")
    assert "- 2 private booking(s)" in english.text
    assert "lunch" in english.text
    said = str([made.record()[key] for key in ("letters", "letter_rows", "without_address")])
    assert not [word for word in ("takeover", "layoffs", "nobody knows", "Boss") if word in said]
    assert list(made.record()["without_address"]) == [
        {"name": "", "rooms": ["竹 Bamboo"], "bookings": 1}
    ]


def test_the_files_are_mails_a_merge_table_and_a_list_of_people_without_address() -> None:
    hard = 'Wang "Fang", 王芳; =1+1'
    bamboo = plan(
        booking("评审", hard, 10, organizer_email="w@acme.example"), booking("x", "=Li", 11)
    )
    pine = plan(
        booking("x", "=Li", 12),
        booking("y", "Bad", 13, organizer_email="ä@acme.example"),
        text=PINE,
    )
    written = dict(drafts(bamboo, pine))
    assert list(written) == ["0001-zh-CN.eml", "0001-en.eml", "letters.csv", "without-address.csv"]
    mail = message_from_bytes(written["0001-zh-CN.eml"], policy=default)
    (to,) = mail["To"].addresses
    assert (to.addr_spec, to.display_name) == ("w@acme.example", hard)
    assert "评审" in mail.get_content()
    assert mail["X-Unsent"] == "1"
    assert "From" not in mail
    rows = list(csv.DictReader(io.StringIO(written["letters.csv"].decode("utf-8-sig"), newline="")))
    assert [(row["email"], row["language"]) for row in rows] == [
        ("w@acme.example", "zh-CN"),
        ("w@acme.example", "en"),
    ]
    missing = written["without-address.csv"].decode("utf-8-sig").splitlines()
    assert missing == ["name,rooms,bookings", '\'=Li,"Pine, 竹 Bamboo",2', "Bad,Pine,1"]


def test_a_letter_lists_so_many_bookings_and_of_the_others_the_number() -> None:
    many = [booking(f"t{at}", "Li", 10, organizer_email="li@acme.example") for at in range(50)]
    made = plan(*(replace(one, id=f"{at}/x") for at, one in enumerate(many)))
    english = made.letters[1]
    assert english.text.count("\n- ") == 41
    assert "and 10 more" in english.text
    assert len(without_address(made.letter_rows)) == 0
