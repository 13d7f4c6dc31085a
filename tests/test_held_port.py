"""A port that is held is nobody's but the server's that is told its number."""

from __future__ import annotations

import socket

import pytest

from tests.held_port import HeldPort

pytestmark = pytest.mark.real


def test_the_one_who_is_told_listens_on_it_and_nobody_else_gets_it() -> None:
    held = HeldPort()
    where = ("127.0.0.1", held.number)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(where)
    with (
        socket.create_server(where) as server,  # binds as servers do
        socket.create_connection(where, 60),
    ):
        server.accept()[0].close()
