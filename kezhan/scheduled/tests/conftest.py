"""Fixtures of the room."""

from kezhan.conversations.tests.fixtures import http, place

__all__ = ["http", "place"]
