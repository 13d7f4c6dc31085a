"""The vendor exit: what of a room hangs on a platform, moving it to another one, and back."""

from roomctl.migrate.plan import ExitPlan, ExitRequest, RoomFile, make_plan

__all__ = ["ExitPlan", "ExitRequest", "RoomFile", "make_plan"]
