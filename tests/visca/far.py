"""A simulated camera alone on its line, spoken to in hex and in invented time."""

from roomctl.camera.profile import CameraProfile, FocusRange, TallyLamps, shipped
from roomctl.visca.sim import SimCamera, SimLine
from roomctl.wire import Chunk

ALL = {
    "focus": FocusRange(),
    "exposure": ("auto", "manual", "shutter", "iris", "bright"),
    "white_balance": ("auto", "indoor", "outdoor", "one_push", "atw", "manual"),
    "ir_receive": True,
    "tally": TallyLamps(form="sony", lights=("red", "green")),
    "tracking": "sony",
}
STOP, RIGHT, LEFT = "01060110100303", "01060110100203", "01060110100103"


def whole(model: str = "sony_srg300h", **changes: object) -> CameraProfile:
    """Return a model that has everything that a camera can have."""
    return shipped()[model].model_copy(update={**ALL, **changes})


class Far:
    """One camera; `say` returns what it answers within a while."""

    def __init__(
        self, profile: CameraProfile | str = "", *, baud: int | None = None, cameras: int = 1
    ) -> None:
        found = profile if isinstance(profile, CameraProfile) else whole(profile or "sony_srg300h")
        self.cameras = [SimCamera(found, address) for address in range(1, cameras + 1)]
        self.line = SimLine(self.cameras, baud)
        self.now = 0.0

    @property
    def camera(self) -> SimCamera:
        return self.cameras[0]

    def run(self, seconds: float = 0.1) -> list[bytes]:
        """Let time pass; return the chunks that leave."""
        end, left = self.now + seconds, []
        while (due := self.line.due()) is not None and due <= end:
            self.now = max(self.now, due)
            left += self._left()
        self.now = end
        return left + self._left()

    def say(self, message: str, seconds: float = 0.1) -> list[str]:
        """Say a message to the first camera; return the frames of the answers."""
        self.line.receive(Chunk(bytes.fromhex(f"81{message}ff"), self.now))
        said = b"".join(self.run(seconds))
        return [frame.hex() for frame in said.split(b"\xff")[:-1]]

    def ask(self, question: str) -> str:
        """Ask something; return the answer's data, or the error."""
        (answer,) = self.say(f"09{question}")
        words = answer[2:]
        return words[2:] if words.startswith("50") else words

    def do(self, message: str, seconds: float = 0.1) -> None:
        """Have something done that is done at once."""
        said = self.say(message, seconds)
        assert [frame[:3] for frame in said] == ["904", "905"], (message, said)

    def _left(self) -> list[bytes]:
        self.line.tick(self.now)
        chunks = []
        while (chunk := self.line.outbox(self.now)) is not None:
            chunks.append(chunk)
            self.line.sent(self.now)
        return chunks
