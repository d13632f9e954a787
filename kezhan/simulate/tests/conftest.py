"""Fixtures of the room."""

from kezhan.channels.tests.fixtures import fresh_arrivals

__all__ = ["fresh_arrivals"]
