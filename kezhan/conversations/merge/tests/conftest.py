"""The fixtures of the room above."""

from kezhan.conversations.tests.conftest import http, place

__all__ = ["http", "place"]
