"""What is packed while it goes out: a file to write to, from which is fetched what has come so far."""

import io
from typing import Any


class Outflow(io.RawIOBase):
    """What has been written and not yet fetched; no place in it can be gone back to."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any, /) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def fetch(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole
