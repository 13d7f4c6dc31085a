"""A serial server that speaks RFC 2217, by pyserial's own PortManager: one client at a time.

Its line is pyserial's loop://, which has the modem lines that a pty has not; it sends back what
comes. Of those lines the server says nothing, as ser2net does where there are none.
"""

import contextlib
import socket
import threading

import serial
import serial.rfc2217

_OF_CONTROL = serial.rfc2217.IAC + serial.rfc2217.SB + serial.rfc2217.COM_PORT_OPTION + b"\x69"


class _Connection:
    """What PortManager writes its telnet answers to."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._lock = line, threading.Lock()

    def write(self, data: bytes) -> None:
        if data.startswith(_OF_CONTROL):
            return
        with self._lock, contextlib.suppress(OSError):
            self._line.sendall(data)


class SerialServer:
    """Serves a line on `url`; `hang_up` ends the client's connection."""

    def __init__(self) -> None:
        self.serial = serial.serial_for_url("loop://", timeout=0.05)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"serial:rfc2217://127.0.0.1:{self._listening.getsockname()[1]}"
        self._client: socket.socket | None = None
        self._serving = threading.Thread(target=self._serve)
        self._serving.start()

    def _serve(self) -> None:
        while True:
            try:
                self._client, _ = self._listening.accept()
            except OSError:
                return
            with self._client:
                self._serve_one(self._client)

    def _serve_one(self, client: socket.socket) -> None:
        connection = _Connection(client)
        manager = serial.rfc2217.PortManager(self.serial, connection)
        ended = threading.Event()
        reading = threading.Thread(target=self._read, args=(manager, connection, ended))
        reading.start()
        with contextlib.suppress(OSError):
            while data := client.recv(1024):
                self.serial.write(b"".join(manager.filter(data)))
        ended.set()
        reading.join()

    def _read(
        self, manager: serial.rfc2217.PortManager, connection: _Connection, ended: threading.Event
    ) -> None:
        while not ended.is_set():
            if data := self.serial.read(self.serial.in_waiting or 1):
                connection.write(b"".join(manager.escape(data)))

    def hang_up(self) -> None:
        if self._client is not None:
            with contextlib.suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._listening.close()
        self.hang_up()
        self._serving.join()
        self.serial.close()
