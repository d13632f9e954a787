"""Kezhan (客栈): an open omnichannel customer-service platform."""

__version__ = "0.1.0"
