"""Sends an alert by mail: SMTP with TLS from the first byte (smtps:), or STARTTLS (smtp:).

The standard library's smtplib, in a thread, on a connection that the loop has made: so the loop
ends it at any moment, and with it the thread. A server's replies are bounded; of them its code
alone is told, for it may say a password back. smtp: without STARTTLS gets no mail, unless `plain`
allows it for this box or a private address.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import smtplib
import socket
import ssl
import threading
from datetime import datetime
from email.message import EmailMessage
from email.utils import make_msgid
from io import BufferedReader

from roomctl.alert_address import AlertAddress
from roomctl.api.posting import refuse_public
from roomctl.booking.fetch import trusted
from roomctl.booking.refusals import certificate_fault
from roomctl.config import AlertTable
from roomctl.errors import RoomctlError
from roomctl.room.alert_words import AlertMessage
from roomctl.room.alerts import AlertRefused
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

LIMIT_S = 30.0  # for all of it: a server may keep a stranger waiting
MOST_REPLIES = 200  # lines of a server, in one conversation
_MOST_ADDRESSES = 4  # of one host that are tried, one after the other


async def send(table: AlertTable, message: AlertMessage, at: datetime, limit_s: float) -> None:
    """Send a message; RoomctlError names the host, and why it was not taken within `limit_s`.

    AlertRefused: the same will never be taken, until somebody changes something.
    """
    address, context = table.address, None if table.plain else await in_thread(trusted)
    host, letter = address.host, written(address, message, at)
    try:
        async with asyncio.timeout(limit_s):
            wire = await _connected(address, plain=table.plain)
            await _handed(wire, table, address, letter, context)
    except TimeoutError as error:
        raise RoomctlError(f"{host}: no answer within {limit_s:g} s") from error
    except ssl.SSLError as error:
        why = certificate_fault(error) or f"has no TLS at port {address.port}; smtps: or smtp:?"
        raise RoomctlError(f"{host}: {why}") from error  # later, a clock or a certificate is right
    except (OSError, smtplib.SMTPException) as error:
        raise _told(host, error) from error


def written(address: AlertAddress, message: AlertMessage, at: datetime) -> EmailMessage:
    """Return the letter."""
    letter = EmailMessage()
    letter["Subject"] = " ".join(message.title.split())
    letter["From"], letter["To"] = address.sender, ", ".join(address.to)
    letter["Date"] = at
    letter["Message-ID"] = make_msgid(domain=address.sender.rpartition("@")[2])
    letter["Auto-Submitted"] = "auto-generated"  # nobody's holiday answers it
    letter.set_content("\n".join(message.lines) or message.title)
    return letter


async def _connected(address: AlertAddress, *, plain: bool) -> socket.socket:
    """Connect to what the name resolves to now; OSError. RoomctlError: it may not be spoken to."""
    loop, failed = asyncio.get_running_loop(), OSError("no address")
    found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    if plain:
        refuse_public(address.host, [str(one[4][0]) for one in found], "TLS")
    for family, kind, protocol, _, where in found[:_MOST_ADDRESSES]:
        wire = socket.socket(family, kind, protocol)
        wire.setblocking(False)
        try:
            await loop.sock_connect(wire, where)
        except OSError as error:
            wire.close()
            failed = error
        except BaseException:
            wire.close()
            raise
        else:
            return wire
    raise failed


async def _handed(
    wire: socket.socket,
    table: AlertTable,
    address: AlertAddress,
    letter: EmailMessage,
    context: ssl.SSLContext | None,
) -> None:
    """Have a thread speak with the server; what cancels this ends connection and thread."""
    end = wire.dup()  # the wire itself is the thread's, who wraps and closes it
    begun = threading.Event()

    def spoken() -> None:
        begun.set()
        _spoken(wire, table, address, letter, context)

    try:
        await in_thread(spoken)
    finally:
        if not begun.is_set():  # and it never will
            wire.close()
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def _spoken(
    wire: socket.socket,
    table: AlertTable,
    address: AlertAddress,
    letter: EmailMessage,
    context: ssl.SSLContext | None,
) -> None:
    wire.settimeout(LIMIT_S)
    server = None
    try:
        if address.service == "smtps" and context is not None:
            wire = context.wrap_socket(wire, server_hostname=address.host)
        server = _Conversation(wire, address.host)
        server.greeted()
        if address.service == "smtp" and context is not None:
            server.starttls(context=context)
        if table.password is not None:
            server.login(address.user, table.password.reveal())
        refused = server.send_message(letter, address.sender, address.to)
        if refused:
            _log.warning("%s: takes no mail for %d of to=", address.host, len(refused))
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()  # the mail is taken, whatever is said to that
    finally:
        if server is not None:
            server.close()
        wire.close()


class _Conversation(smtplib.SMTP):
    """smtplib's, over a connection that is there, with a server that may say so much."""

    def __init__(self, wire: socket.socket, host: str) -> None:
        super().__init__(local_hostname=os.uname().nodename or "localhost", timeout=LIMIT_S)
        self.sock, self._host, self._heard = (
            wire,
            host,
            0,
        )  # _host: whose certificate STARTTLS wants

    def greeted(self) -> None:
        """Hear the greeting, as `connect` would have."""
        code, _ = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, b"")
        self.ehlo_or_helo_if_needed()

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Counted(self.sock.makefile("rb"), self)
        return super().getreply()

    def count(self) -> None:
        """Count a line of the server's."""
        self._heard += 1
        if self._heard > MOST_REPLIES:
            raise smtplib.SMTPServerDisconnected("says too much")


class _Counted:
    """A file of replies, whose lines are counted."""

    def __init__(self, inner: BufferedReader, of: _Conversation) -> None:
        self._inner, self._of = inner, of

    def readline(self, most: int = -1) -> bytes:
        self._of.count()
        return self._inner.readline(most)

    def close(self) -> None:
        self._inner.close()


def _told(host: str, error: Exception) -> RoomctlError:
    """Return in plain words why mail was not taken."""
    match error:
        case smtplib.SMTPAuthenticationError(smtp_code=code):
            return AlertRefused(f"{host}: refuses the user or its password (code {code})")
        case smtplib.SMTPNotSupportedError():
            why = "offers no STARTTLS or no known login method; smtps: or another port?"
            return AlertRefused(f"{host}: {why}")
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            code = min(code for code, _ in refused.values())
            return _by_code(host, "accepts no recipient of to=", code)
        case smtplib.SMTPResponseException(smtp_code=code):
            return _by_code(host, "does not take the mail", code)
        case smtplib.SMTPException():
            return RoomctlError(f"{host}: broke off; is it a mail server, and its port right?")
    why = f"cannot be reached ({type(error).__name__}); is the url right?"
    return RoomctlError(f"{host}: {why}")


def _by_code(host: str, what: str, code: int) -> RoomctlError:
    why = f"{host}: {what} (code {code})"
    return AlertRefused(why) if code >= 500 else RoomctlError(f"{why}; it is sent again later")
