"""Bookings: what the room is booked for, and where that is read."""

from roomctl.booking.agenda import Agenda, Availability, Booking, CalendarRead, SkippedEvent

__all__ = ["Agenda", "Availability", "Booking", "CalendarRead", "SkippedEvent"]
