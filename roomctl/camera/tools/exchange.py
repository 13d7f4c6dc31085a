"""What requests to a camera over HTTP and their answers mean, in the words of a trace.

An answer names its request by a number, and means nothing without it. Knows no port and no camera
model; `ports.http` has the frames, `aw.message` and `onvif.message` what stands in them.
"""

from __future__ import annotations

from roomctl.camera.aw.message import InvalidAwMessage, command_of, read
from roomctl.camera.onvif import message as soap
from roomctl.camera.onvif.message import SoapFault
from roomctl.errors import RoomctlError
from roomctl.ports.http import HttpAnswer, HttpRequest
from roomctl.visca.codec import Described
from roomctl.visca.frames import BadFrame
from roomctl.wire import Record

_UNANSWERED = 64
_DONE = (200, 204)


class ExchangeReader:
    """Reads requests and answers in their order; `seq` is the number of a request."""

    def __init__(self) -> None:
        self._asked: dict[int, HttpRequest] = {}

    def read(self, record: Record) -> Described | BadFrame:
        """Return the meaning of one record that was read or written."""
        try:
            if record.direction == "out":
                return self._asking(HttpRequest.decode(record.data))
            return self._answering(HttpAnswer.decode(record.data))
        except (ValueError, RoomctlError) as error:
            return BadFrame(record.data, str(error))

    def _asking(self, request: HttpRequest) -> Described:
        self._asked[request.number] = request
        if len(self._asked) > _UNANSWERED:
            del self._asked[next(iter(self._asked))]
        command = command_of(request.target)
        if command is None:
            name, seq = _named(request), {"seq": request.number}
            return Described("inquiry" if name.startswith("Get") else "command", name, seq)
        said = read(command)
        if isinstance(said, InvalidAwMessage):
            raise ValueError(f"{command}: {said.why}")
        asks = said.kind == "inquiry"
        fields = {"seq": request.number, **said.fields}
        return Described("inquiry" if asks else "command", said.name, fields)

    def _answering(self, answer: HttpAnswer) -> Described:
        request = self._asked.pop(answer.number, None)
        if answer.status == 0:
            raise ValueError(answer.body.decode("utf-8", "replace"))
        if request is None:
            raise ValueError(f"HTTP {answer.status} to request {answer.number}, which is not here")
        command = command_of(request.target)
        if command is None:
            found = soap.body_of(answer.body)
            fault = {"fault": found.code} if isinstance(found, SoapFault) else {}
            return Described("reply", _named(request), {"seq": answer.number, **fault})
        if answer.status not in _DONE:
            raise ValueError(f"HTTP {answer.status} to {command}")
        said = read(answer.body.decode("latin-1"), command)
        if isinstance(said, InvalidAwMessage):
            raise ValueError(f"{said.line[:60]!r} to {command}: {said.why}")
        return Described("reply", said.name, {"seq": answer.number, **said.fields})


def _named(request: HttpRequest) -> str:
    found = soap.body_of(request.body)
    if isinstance(found, SoapFault):
        raise ValueError("a fault is not a request")
    return found.tag
