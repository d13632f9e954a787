"""Tencent's messaging platforms: one way of signing and sealing, one shape of push, two hosts' errors."""
