"""A network of its own for each server: the kernel itself loses and holds up what goes over it."""

import ctypes
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from uuid import uuid4

NEEDS = "root, a Linux with `ip`, `tc` and `nsenter`, and the bus in PostgreSQL"
_NEWNET = 0x40000000
_NARROW = ("tbf", "rate", "384kbit", "burst", "8kb", "latency", "400ms")


class Net:
    """A network namespace with nothing in it but its loopback. Whoever is outside reaches in by sockets that
    are made here. Raises OSError or subprocess.SubprocessError where none can be had."""

    def __init__(self) -> None:
        self.name = f"kezhan-{uuid4().hex[:12]}"
        self.whole = True
        _run("ip", "netns", "add", self.name)
        self.words = ["nsenter", f"--net={self._path}"]
        try:
            # A bucket lets nothing through that is larger than itself, and a loopback's packets are.
            self._inside("ip", "link", "set", "lo", "mtu", "1500", "up")
            self.narrow()
            self.mend()
        except BaseException:
            self.remove()
            raise

    @property
    def _path(self) -> Path:
        return Path("/run/netns") / self.name

    def socket(self) -> socket.socket:
        """It stays in here whoever uses it. Only the thread that makes it is moved."""
        made: list[socket.socket] = []

        def make() -> None:
            place = os.open(self._path, os.O_RDONLY)
            try:
                if not ctypes.CDLL(None).setns(place, _NEWNET):
                    made.append(socket.socket())
            finally:
                os.close(place)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if not made:
            raise OSError(f"no way into {self.name}")
        return made[0]

    def cut(self) -> None:
        """From here on every packet is lost; lines outlive it, as with a cable."""
        self.whole = False
        self._inside("ip", "link", "set", "lo", "down")

    def narrow(self) -> None:
        """A thin line: packets queue up to 0.4 s, and are lost where the queue is full."""
        self.whole = False
        self._inside("tc", "qdisc", "replace", "dev", "lo", "root", *_NARROW)

    def mend(self) -> None:
        self._inside("ip", "link", "set", "lo", "up")
        self._inside("tc", "qdisc", "replace", "dev", "lo", "root", "pfifo", "limit", "1000")
        self.whole = True

    def remove(self) -> None:
        _run("ip", "netns", "delete", self.name)

    def _inside(self, *words: str) -> None:
        _run(*self.words, *words)


def make_nets(count: int) -> list[Net]:
    """None at all where they cannot be had."""
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        return []
    nets: list[Net] = []
    try:
        while len(nets) < count:
            nets.append(Net())
    except (OSError, subprocess.SubprocessError):
        for net in nets:
            net.remove()
        return []
    return nets


def _run(*words: str) -> None:
    program = shutil.which(words[0]) or words[0]
    subprocess.run([program, *words[1:]], check=True, capture_output=True, timeout=10)  # noqa: S603
