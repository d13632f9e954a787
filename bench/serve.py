"""One server under test in a process of its own: `python -m bench.serve KIND PORT DATA ACCESS`.

KIND is `product`, `limit` (the bare socket server) or `bare-http`.
"""

import asyncio
import sys
from pathlib import Path

import msgspec

from bench.bare_http import serve as serve_bare
from bench.limit import BareServer
from kezhan.app import House
from kezhan.kit.log import configure
from kezhan.kit.postgres import SUPERUSER, Access
from kezhan.kit.server import run
from kezhan.settings import Settings

# One visitor here sends as much as a thousand people do; the guard on single clients stays out of it.
FRAMES_PER_SECOND = 1_000_000


async def product(access: Access, port: int, data: Path) -> None:
    settings = Settings(
        data=data, port=port, demo=False, frames_per_second=FRAMES_PER_SECOND, frames_burst=FRAMES_PER_SECOND
    )
    await House(settings, access, None).server().serve()


async def limit(access: Access, port: int) -> None:
    await BareServer().serve(access.asyncpg("kz_owner"), port)


def main(kind: str, port: str, data: str, access: str) -> None:
    configure("warning")
    found = msgspec.json.decode(access, type=Access)
    works = {
        "product": lambda: product(found, int(port), Path(data)),
        "limit": lambda: limit(found, int(port)),
        "bare-http": lambda: serve_bare(found.asyncpg(SUPERUSER), int(port)),
    }
    try:
        run(works[kind]())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return


if __name__ == "__main__":
    main(*sys.argv[1:])
