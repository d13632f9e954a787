"""A place for every test that asks for one."""

from kezhan.conversations.tests.fixtures import http, place

__all__ = ["http", "place"]
