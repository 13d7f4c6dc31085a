"""A simulated ONVIF PTZ camera: the other end of `onvif:` urls, moving in real time.

It has one profile that moves, in the generic spaces, and ends a drive after the time that it was
given (ONVIF PTZ Service Specification 24.12, 5.3.3). It says of itself what clients of other makers
ask: services, scopes, host name, users, network, video, and a snapshot that is there. With a
`login` it wants a digest of the last 20 s by its own clock. What real cameras do otherwise are its
attributes. Knows no port and no clock of the machine's.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from xml.sax.saxutils import escape, quoteattr

from roomctl.camera.onvif import message as soap
from roomctl.camera.onvif.message import DEVICE, ENTRY, MEDIA, PTZ, TT, Element, SoapFault
from roomctl.camera.sim.host import SimHost
from roomctl.camera.sim.view import picture
from roomctl.clock import Moment
from roomctl.ports.http import HttpRequest
from roomctl.visca.sim.motion import Motor

FULL_S = 6.0  # from end to end
DEFAULT_TIMEOUT_S = 5.0
WINDOW_S = 20.0
_SPACE = "http://www.onvif.org/ver10/tptz"
_SNAPSHOT = "/onvif/snapshot.png"
PROFILE = "moving"
_PATHS = {DEVICE: ENTRY, MEDIA: "/onvif/Media", PTZ: "/onvif/PTZ"}


class _Refusal(Exception):
    """A fault, by its code."""


class SimOnvif(SimHost):
    """One camera. What a person or a fault can do to it are its attributes.

    `ignores_timeout`: a drive goes on until it is stopped. `refuses_timeout`: it takes none.
    `refuses_moves`: it is driven by nobody.
    `knows_no_stop`: only a speed of 0 stops it. `deaf_stops`: so many of the next are answered and
    not done. `guards_clock`: it says nobody without a login what time it is. `declares`: whether it
    declares its prefixes of XML. `address`: its host and port, as it tells them; `false_address`:
    it tells another one (NAT). `fixed_first`: its first profile does not move. `clock_off_s`: so
    much its clock is wrong. `tells_little`: it knows nothing of scopes, host name and users.
    """

    faults: ClassVar[Mapping[str, str]] = {
        **SimHost.faults,
        "deaf_stops": "number",
        "ignores_timeout": "flag",
        "refuses_timeout": "flag",
        "refuses_moves": "flag",
        "knows_no_stop": "flag",
        "false_address": "flag",
        "fixed_first": "flag",
        "tells_little": "flag",
        "clock_off_s": "number",
    }

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        super().__init__()
        self.login, self.address = login, "127.0.0.1"
        self.false_address = self.fixed_first = self.tells_little = False
        self.ignores_timeout = self.refuses_timeout = self.knows_no_stop = False
        self.refuses_moves = False
        self.fails = ""  # what it answers with a fault
        self.guards_clock, self.declares = False, True
        self.deaf_stops = 0
        self.clock_off_s = 0.0
        self._began = datetime(2026, 1, 1, tzinfo=UTC)
        self._home = (0.0, 0.0, 0.0)
        self.presets: dict[str, tuple[str, tuple[float, ...]]] = {}
        self.pan, self.tilt, self.zoom = Motor(-1, 1), Motor(-1, 1), Motor(0, 1)
        self._ends_at: float | None = None

    @property
    def moving(self) -> bool:
        return any(motor.moving(self.now) for motor in self._motors)

    @property
    def place(self) -> tuple[float, ...]:
        """Where it looks: pan, tilt, zoom."""
        return tuple(motor.at(self.now) for motor in self._motors)

    @property
    def _motors(self) -> tuple[Motor, Motor, Motor]:
        return self.pan, self.tilt, self.zoom

    def shown(self) -> dict[str, object]:
        names = ("pan_deg", "tilt_deg", "zoom_pct")
        shown = dict(zip(names, (round(value, 2) for value in self._angles), strict=True))
        return {"model": "ONVIF PTZ", **shown, "moving": self.moving}

    @property
    def _angles(self) -> tuple[float, float, float]:
        pan, tilt, zoom = self.place
        return 170 * pan, 90 * tilt, 100 * zoom

    def lose_power(self) -> None:
        """Stand still where it is; what was on its way to it is lost."""
        self._halt(self.now)
        self.forget()

    def tick(self, now: float) -> None:
        super().tick(now)
        if self._ends_at is not None and self.now >= self._ends_at:
            self._halt(self._ends_at)

    def wants_at(self) -> float | None:
        return self._ends_at

    def told_address(self, address: str, at: Moment) -> None:
        self.address, self._began = address, at.wall - timedelta(seconds=at.mono_s)

    # What it answers.

    def called(self, request: HttpRequest) -> str:
        if request.method == "GET":
            return request.target
        try:
            asked = soap.body_of(request.body)
        except ValueError:
            return "garbage"
        return "Fault" if isinstance(asked, SoapFault) else asked.tag

    def answer(self, request: HttpRequest) -> tuple[int, bytes, float]:
        return *self._answered(request), 0.0

    def _answered(self, request: HttpRequest) -> tuple[int, bytes]:
        if request.method == "GET":
            return (200, picture(*self._angles)) if request.target == _SNAPSHOT else (404, b"")
        try:
            asked = soap.body_of(request.body)
        except ValueError:
            return 400, _fault("ter:WellFormed")
        if isinstance(asked, SoapFault):
            return 400, _fault("ter:InvalidArgVal")
        service = next((each for each, path in _PATHS.items() if path == request.target), None)
        if service is None:
            return 404, b""
        name = asked.tag
        open_to_all = name == "GetSystemDateAndTime" and not self.guards_clock
        if not (open_to_all or self._let_in(request.body)):
            return 400, _fault("ter:NotAuthorized")
        try:
            inside = self._done(name, service, asked)
        except _Refusal as refusal:
            return 400, _fault(str(refusal))
        declared = f' xmlns:r="{service}" xmlns:tt="{TT}"' if self.declares else ""
        return 200, soap.envelope(f"<r:{name}Response{declared}>{inside}</r:{name}Response>")

    @property
    def clock(self) -> datetime:
        return self._began + timedelta(seconds=self.now + (self.clock_off_s or 0.0))

    def _let_in(self, data: bytes) -> bool:
        if self.login is None:
            return True
        said = soap.login_of(data)
        words = [soap.text(said, each) or "" for each in ("Username", "Password", "Nonce")]
        created = soap.text(said, "Created") or ""
        try:
            nonce, when = base64.b64decode(words[2]), datetime.fromisoformat(created)
        except ValueError:
            return False
        user, password = self.login
        proof = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False)
        right = (user, base64.b64encode(proof.digest()).decode()) == (words[0], words[1])
        return right and abs((when - self.clock).total_seconds()) <= WINDOW_S

    def _done(self, name: str, service: str, asked: Element) -> str:
        """Do what is asked, and return what stands in the answer."""
        if name == self.fails:
            raise _Refusal("ter:Action")
        if service == PTZ and name in _OF_A_PROFILE:
            if soap.text(asked, "ProfileToken") != PROFILE:
                raise _Refusal("ter:NoProfile")
            return self._moved(name, asked)
        if name == "GetServiceCapabilities":
            return _CAN.get(service, "").format("r", "")
        if name == "GetServices":
            full = soap.text(asked, "IncludeCapability") in ("true", "1")
            return "".join(self._service(each, full=full) for each in _PATHS)
        told = {} if self.tells_little else self._told
        if (said := {**self._needed, **told}.get(name)) is None:
            raise _Refusal("ter:ActionNotSupported")
        return said

    @property
    def _needed(self) -> Mapping[str, str]:
        """What it answers without which nobody could drive it."""
        return {
            "GetSystemDateAndTime": _clock(self.clock),
            "GetCapabilities": f"<r:Capabilities>{self._capabilities()}</r:Capabilities>",
            "GetDeviceInformation": _INFORMATION,
            "GetProfiles": (_FIXED if self.fixed_first else "") + _profile("Profiles"),
            "GetProfile": _profile("Profile"),
            "GetNodes": _NODE,
            "GetNode": _NODE,
            "GetConfigurations": f'<r:PTZConfiguration token="ptz">{_MOVES}</r:PTZConfiguration>',
            "GetConfiguration": f'<r:PTZConfiguration token="ptz">{_MOVES}</r:PTZConfiguration>',
            "GetConfigurationOptions": _OPTIONS,
        }

    @property
    def _told(self) -> Mapping[str, str]:
        """What it says of itself to whoever asks."""
        host, _, port = self._address.partition(":")
        stream = f"rtsp://{host}/simulated"  # as clients ask; nobody serves it
        user = self.login[0] if self.login else "admin"
        return {
            "GetScopes": "".join(_scope(each) for each in _SCOPES),
            "GetHostname": "<r:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>"
            "<tt:Name>simulated-camera</tt:Name></r:HostnameInformation>",
            "GetUsers": f"<r:User><tt:Username>{escape(user)}</tt:Username>"
            "<tt:UserLevel>Administrator</tt:UserLevel></r:User>",
            "GetDiscoveryMode": "<r:DiscoveryMode>NonDiscoverable</r:DiscoveryMode>",
            "GetWsdlUrl": "<r:WsdlUrl>http://www.onvif.org/</r:WsdlUrl>",
            "GetNetworkInterfaces": _interface(host),
            "GetNetworkProtocols": "<r:NetworkProtocols><tt:Name>HTTP</tt:Name><tt:Enabled>true"
            f"</tt:Enabled><tt:Port>{port or 80}</tt:Port></r:NetworkProtocols>",
            "GetNetworkDefaultGateway": "<r:NetworkGateway/>",
            "GetDNS": "<r:DNSInformation><tt:FromDHCP>false</tt:FromDHCP></r:DNSInformation>",
            "GetNTP": "<r:NTPInformation><tt:FromDHCP>false</tt:FromDHCP></r:NTPInformation>",
            "GetVideoSources": f'<r:VideoSources token="video"><tt:Framerate>25</tt:Framerate>'
            f"{_SIZE}</r:VideoSources>",
            "GetVideoSourceConfigurations": f"<r:Configurations{_SOURCE}</r:Configurations>",
            "GetVideoSourceConfiguration": f"<r:Configuration{_SOURCE}</r:Configuration>",
            "GetVideoEncoderConfigurations": f"<r:Configurations{_ENCODER}</r:Configurations>",
            "GetVideoEncoderConfiguration": f"<r:Configuration{_ENCODER}</r:Configuration>",
            "GetStreamUri": _uri(stream),
            "GetSnapshotUri": _uri(f"http://{self._address}{_SNAPSHOT}"),
        }

    @property
    def _address(self) -> str:
        return "192.0.2.1" if self.false_address else self.address

    def _moved(self, name: str, asked: Element) -> str:
        """Do what is asked of the profile that moves."""
        match name:
            case "GetStatus":
                return self._status()
            case "ContinuousMove":
                self._drive(asked)
            case "Stop":
                self._stop(asked)
            case "AbsoluteMove":
                self._go(asked)
            case "RelativeMove":
                self._go_on(asked)
            case "GetPresets":
                return "".join(_preset(token, name) for token, (name, _) in self.presets.items())
            case "SetPreset":
                return self._store(asked)
            case "GotoPreset":
                self._ends_at = None
                self._go_to(self._preset(asked)[1])
            case "RemovePreset":
                self._preset(asked)
                del self.presets[soap.text(asked, "PresetToken") or ""]
            case "GotoHomePosition":
                self._ends_at = None
                self._go_to(self._home)
            case "SetHomePosition":
                pan, tilt, zoom = self.place
                self._home = (pan, tilt, zoom)
        return ""

    def _service(self, namespace: str, *, full: bool) -> str:
        can = _CAN[namespace].format("c", f' xmlns:c="{namespace}"')
        return (
            f"<r:Service><r:Namespace>{namespace}</r:Namespace>"
            f"<r:XAddr>http://{self._address}{_PATHS[namespace]}</r:XAddr>"
            f"{f'<r:Capabilities>{can}</r:Capabilities>' if full else ''}"
            "<r:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></r:Version></r:Service>"
        )

    def _capabilities(self) -> str:
        words = {"Device": (DEVICE, ""), "Media": (MEDIA, _STREAMS), "PTZ": (PTZ, "")}
        address = f"http://{self._address}"
        return "".join(
            f"<tt:{word}><tt:XAddr>{address}{_PATHS[each]}</tt:XAddr>{more}</tt:{word}>"
            for word, (each, more) in words.items()
        )

    def _status(self) -> str:
        pan, tilt, zoom = self.place
        turns = self.pan.moving(self.now) or self.tilt.moving(self.now)
        said = ["MOVING" if each else "IDLE" for each in (turns, self.zoom.moving(self.now))]
        return (
            f'<r:PTZStatus><tt:Position><tt:PanTilt x="{pan:.4f}" y="{tilt:.4f}"'
            f' space="{_SPACE}/PanTiltSpaces/PositionGenericSpace"/><tt:Zoom x="{zoom:.4f}"'
            f' space="{_SPACE}/ZoomSpaces/PositionGenericSpace"/></tt:Position>'
            f"<tt:MoveStatus><tt:PanTilt>{said[0]}</tt:PanTilt><tt:Zoom>{said[1]}</tt:Zoom>"
            f"</tt:MoveStatus><tt:UtcTime>{self.clock:%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime></r:PTZStatus>"
        )

    def _drive(self, asked: Element) -> None:
        duration = soap.text(asked, "Timeout")
        timeout_s = DEFAULT_TIMEOUT_S if duration is None else soap.seconds(duration)
        if duration is not None and (self.refuses_timeout or not timeout_s):
            raise _Refusal("ter:TimeoutNotSupported")
        turn = soap.child(asked, "Velocity", "PanTilt")
        zoom = soap.child(asked, "Velocity", "Zoom")
        speeds = (soap.number(turn, "x"), soap.number(turn, "y"), soap.number(zoom, "x"))
        if any(speed is not None and abs(speed) > 1 for speed in speeds):
            raise _Refusal("ter:InvalidVelocity")
        if any(speeds) and self.refuses_moves:
            raise _Refusal("ter:MovingNotPossible")
        if not any(speeds) and self._is_deaf():
            return
        for motor, speed in zip(self._motors, speeds, strict=True):
            if speed is not None:
                motor.run(speed * motor.span / FULL_S, self.now)
        self._ends_at = None
        if any(speeds) and not self.ignores_timeout:
            self._ends_at = self.now + (timeout_s or 0.0)

    def _stop(self, asked: Element) -> None:
        if self.knows_no_stop:
            raise _Refusal("ter:ActionNotSupported")
        if self._is_deaf():
            return
        both = [soap.text(asked, part) != "false" for part in ("PanTilt", "Zoom")]
        for motor, stops in zip(self._motors, (both[0], both[0], both[1]), strict=True):
            if stops:
                motor.halt(self.now)

    def _is_deaf(self) -> bool:
        deaf, self.deaf_stops = self.deaf_stops > 0, max(0, self.deaf_stops - 1)
        return deaf

    def _go(self, asked: Element) -> None:
        turn = soap.child(asked, "Position", "PanTilt")
        zoom = soap.child(asked, "Position", "Zoom")
        places = (soap.number(turn, "x"), soap.number(turn, "y"), soap.number(zoom, "x"))
        for motor, place in zip(self._motors, places, strict=True):
            if place is not None and not motor.low <= place <= motor.high:
                raise _Refusal("ter:InvalidPosition")
        self._ends_at = None
        self._go_to(places)

    def _go_on(self, asked: Element) -> None:
        turn = soap.child(asked, "Translation", "PanTilt")
        zoom = soap.child(asked, "Translation", "Zoom")
        steps = (soap.number(turn, "x"), soap.number(turn, "y"), soap.number(zoom, "x"))
        self._ends_at = None
        self._go_to(
            tuple(
                None if step is None else min(max(place + step, motor.low), motor.high)
                for motor, place, step in zip(self._motors, self.place, steps, strict=True)
            )
        )

    def _go_to(self, places: tuple[float | None, ...]) -> None:
        for motor, place in zip(self._motors, places, strict=True):
            if place is not None:
                motor.go(place, motor.span / FULL_S * 2, self.now)

    def _preset(self, asked: Element) -> tuple[str, tuple[float, ...]]:
        found = self.presets.get(soap.text(asked, "PresetToken") or "")
        if found is None:
            raise _Refusal("ter:NoToken")
        return found

    def _store(self, asked: Element) -> str:
        if self.moving:
            raise _Refusal("ter:MovingPTZ")
        token = soap.text(asked, "PresetToken")
        if token is None:
            token = f"P{len(self.presets):03d}"
        elif token not in self.presets:
            raise _Refusal("ter:NoToken")
        self.presets[token] = (soap.text(asked, "PresetName") or token, self.place)
        return f"<r:PresetToken>{escape(token)}</r:PresetToken>"

    def _halt(self, at: float) -> None:
        self._ends_at = None
        for motor in self._motors:
            motor.halt(at)


def _fault(code: str) -> bytes:
    return soap.envelope(
        '<s:Fault xmlns:ter="http://www.onvif.org/ver10/error"><s:Code><s:Value>s:Sender</s:Value>'
        f"<s:Subcode><s:Value>{code}</s:Value></s:Subcode></s:Code><s:Reason>"
        f'<s:Text xml:lang="en">{code.partition(":")[2]}</s:Text></s:Reason></s:Fault>'
    )


def _preset(token: str, name: str) -> str:
    return f"<r:Preset token={quoteattr(token)}><tt:Name>{escape(name)}</tt:Name></r:Preset>"


def _clock(now: datetime) -> str:
    date = (
        f"<tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
    )
    time = (
        f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
        f"<tt:Second>{now.second}</tt:Second>"
    )
    utc = f"<tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>"
    kind = "<tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
    return f"<r:SystemDateAndTime>{kind}{utc}</r:SystemDateAndTime>"


_INFORMATION = (
    "<r:Manufacturer>Simulated</r:Manufacturer><r:Model>PTZ</r:Model>"
    "<r:FirmwareVersion>1.0</r:FirmwareVersion><r:SerialNumber>1</r:SerialNumber>"
    "<r:HardwareId>1</r:HardwareId>"
)


def _range(kind: str, space: str, low: str, high: str, *, two: bool) -> str:
    axis = f"<tt:Min>{low}</tt:Min><tt:Max>{high}</tt:Max>"
    ranges = f"<tt:XRange>{axis}</tt:XRange>" + (f"<tt:YRange>{axis}</tt:YRange>" if two else "")
    return f"<tt:{kind}><tt:URI>{_SPACE}/{space}</tt:URI>{ranges}</tt:{kind}>"


_SPACES = "".join(
    _range(kind, space, low, "1", two="PanTilt" in kind)
    for kind, space, low in (
        ("AbsolutePanTiltPositionSpace", "PanTiltSpaces/PositionGenericSpace", "-1"),
        ("AbsoluteZoomPositionSpace", "ZoomSpaces/PositionGenericSpace", "0"),
        ("RelativePanTiltTranslationSpace", "PanTiltSpaces/TranslationGenericSpace", "-1"),
        ("RelativeZoomTranslationSpace", "ZoomSpaces/TranslationGenericSpace", "-1"),
        ("ContinuousPanTiltVelocitySpace", "PanTiltSpaces/VelocityGenericSpace", "-1"),
        ("ContinuousZoomVelocitySpace", "ZoomSpaces/VelocityGenericSpace", "-1"),
    )
)
_NODE = (
    '<r:PTZNode token="node"><tt:Name>node</tt:Name><tt:SupportedPTZSpaces>'
    + _SPACES
    + "</tt:SupportedPTZSpaces><tt:MaximumNumberOfPresets>16</tt:MaximumNumberOfPresets>"
    "<tt:HomeSupported>true</tt:HomeSupported></r:PTZNode>"
)
_SIZE = "<tt:Resolution><tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution>"
_STREAMS = (
    "<tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast></tt:StreamingCapabilities>"
)
# An element's attributes and what is in it; its name is the message's.
_SOURCE = (
    ' token="source"><tt:Name>source</tt:Name><tt:UseCount>1</tt:UseCount>'
    '<tt:SourceToken>video</tt:SourceToken><tt:Bounds x="0" y="0" width="1920" height="1080"/>'
)
_ENCODER = (
    ' token="encoder"><tt:Name>encoder</tt:Name><tt:UseCount>1</tt:UseCount>'
    f"<tt:Encoding>H264</tt:Encoding>{_SIZE}<tt:Quality>5</tt:Quality>"
    "<tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit>"
    "<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>4096</tt:BitrateLimit>"
    "</tt:RateControl><tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type>"
    "<tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL>"
    "<tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout>"
)
_LIMITS = _range("Range", "PanTiltSpaces/PositionGenericSpace", "-1", "1", two=True)
_ZOOM_LIMITS = _range("Range", "ZoomSpaces/PositionGenericSpace", "0", "1", two=False)
_MOVES = (
    "<tt:Name>ptz</tt:Name><tt:UseCount>1</tt:UseCount><tt:NodeToken>node</tt:NodeToken>"
    f"<tt:DefaultPTZTimeout>PT{DEFAULT_TIMEOUT_S:g}S</tt:DefaultPTZTimeout>"
    f"<tt:PanTiltLimits>{_LIMITS}</tt:PanTiltLimits><tt:ZoomLimits>{_ZOOM_LIMITS}</tt:ZoomLimits>"
)
_OPTIONS = (
    f"<r:PTZConfigurationOptions><tt:Spaces>{_SPACES}</tt:Spaces><tt:PTZTimeout>"
    "<tt:Min>PT0.1S</tt:Min><tt:Max>PT60S</tt:Max></tt:PTZTimeout></r:PTZConfigurationOptions>"
)
_FIXED = '<r:Profiles token="fixed" fixed="true"><tt:Name>fixed</tt:Name></r:Profiles>'
_CAN = {  # with a prefix, and its namespace where that is to be declared
    DEVICE: "<{0}:Capabilities{1}><{0}:Network/><{0}:Security/><{0}:System/></{0}:Capabilities>",
    MEDIA: '<{0}:Capabilities{1} SnapshotUri="true"><{0}:ProfileCapabilities'
    ' MaximumNumberOfProfiles="1"/><{0}:StreamingCapabilities/></{0}:Capabilities>',
    PTZ: '<{0}:Capabilities{1} EFlip="false" MoveStatus="true" StatusPosition="true"/>',
}
_OF_A_PROFILE = frozenset(
    (
        *("GetStatus", "ContinuousMove", "Stop", "AbsoluteMove", "RelativeMove", "GetPresets"),
        *("SetPreset", "GotoPreset", "RemovePreset", "GotoHomePosition", "SetHomePosition"),
    )
)
_SCOPES = ("type/ptz", "type/video_encoder", "name/Simulated", "hardware/PTZ", "Profile/S")


def _profile(name: str) -> str:
    return (
        f'<r:{name} token="{PROFILE}" fixed="true"><tt:Name>{PROFILE}</tt:Name>'
        f"<tt:VideoSourceConfiguration{_SOURCE}</tt:VideoSourceConfiguration>"
        f"<tt:VideoEncoderConfiguration{_ENCODER}</tt:VideoEncoderConfiguration>"
        f'<tt:PTZConfiguration token="ptz">{_MOVES}</tt:PTZConfiguration></r:{name}>'
    )


def _scope(word: str) -> str:
    item = f"<tt:ScopeItem>onvif://www.onvif.org/{word}</tt:ScopeItem>"
    return f"<r:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef>{item}</r:Scopes>"


def _uri(uri: str) -> str:
    return (
        f"<r:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        "<tt:InvalidAfterReboot>true</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>"
        "</r:MediaUri>"
    )


def _interface(host: str) -> str:
    return (
        '<r:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info>'
        "<tt:Name>eth0</tt:Name><tt:HwAddress>02:00:00:00:00:01</tt:HwAddress></tt:Info><tt:IPv4>"
        f"<tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual><tt:Address>{host}</tt:Address>"
        "<tt:PrefixLength>24</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:Config>"
        "</tt:IPv4></r:NetworkInterfaces>"
    )
