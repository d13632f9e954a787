"""`kezhan up` as people start it: a process of its own, to be killed and started again."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import httpx2

from kezhan.kit.testing import PATIENCE, until
from kezhan.simulate.demo import MARKER


class Program:
    """`kezhan up` as a process of its own, with the database in its data folder or with one of ours."""

    def __init__(self, folder: Path, port: int, *, pages: bool = False, database_url: str = "") -> None:
        self.folder = folder
        self._pages = "--pages" if pages else "--no-pages"
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._database = ["--database-url", database_url] if database_url else []
        (folder / MARKER).touch()  # the demo's own customers stay at home
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        words = ["up", self._pages, "--port", str(self._port), "--data", str(self.folder)]
        words += self._database
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kezhan", *words, stdout=asyncio.subprocess.DEVNULL
        )
        async with httpx2.AsyncClient() as http:

            async def well() -> bool:
                with contextlib.suppress(httpx2.TransportError):
                    return (await http.get(self.url + "/healthz")).status_code == 200
                return False

            await until(well, 2 * PATIENCE)  # the first time it makes its database

    async def end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
            await asyncio.wait_for(self._process.wait(), PATIENCE)

    def kill_database(self) -> None:
        os.kill(int((self.folder / "pg" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
