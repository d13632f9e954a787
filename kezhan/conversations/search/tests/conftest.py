"""Fixtures of the room."""

from kezhan.conversations.tests.conftest import http, place

__all__ = ["http", "place"]
