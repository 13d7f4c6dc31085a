"""Bookings: what the room is booked for, and where that is read."""

from roomctl.booking.agenda import Agenda, Booking, CalendarRead, SkippedEvent, Standing

__all__ = ["Agenda", "Booking", "CalendarRead", "SkippedEvent", "Standing"]
