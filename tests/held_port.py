"""A port for a program that has to be told one: nobody else on this machine gets its number."""

from __future__ import annotations

import os
import socket
import weakref


class HeldPort:
    """A port that a server may listen on as servers do, with SO_REUSEADDR, as long as this lives.

    A number that was merely free a moment ago may be somebody else's once the program binds it.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        with socket.socket() as held:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind((host, 0))
            self.number = int(held.getsockname()[1])
            weakref.finalize(self, os.close, held.detach())
