"""The ledger over HTTP: for whom, and as a table that a spreadsheet may open."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from roomctl.booking import Booking
from tests.api.rig import BEARER, House

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("title", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
async def test_no_cell_of_the_table_is_a_formula(tmp_path, title):
    house = House(tmp_path)
    booking = Booking("=a", title, "", NOW, NOW + timedelta(hours=1))
    house.room.bookings.ledger.released(booking, "@panel")
    async with house.in_process(headers=BEARER) as client:
        table = await client.get("/api/v1/ledger.csv")
        told = (await client.get("/api/v1/ledger")).json()
    assert table.headers["content-type"].startswith("text/csv")
    [row] = csv.DictReader(io.StringIO(table.text, newline=""))
    assert (row["title"], row["booking"], row["author"]) == (f"'{title}", "'=a", "'@panel")
    assert (told[0]["title"], told[0]["outcome"]) == (title, "released")
