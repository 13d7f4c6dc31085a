"""A machine on which nothing is ever plugged in: a port need not wait for it."""


class Quiet:
    async def within(self, limit_s: float) -> bool:
        return False

    def close(self) -> None: ...
