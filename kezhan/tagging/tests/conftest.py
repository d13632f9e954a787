"""Fixtures of the room."""

from kezhan.segments.tests.conftest import http, people

__all__ = ["http", "people"]
