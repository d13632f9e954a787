"""The inner layer of an archive: a tar of what an installation is.

about.json            when, by which version, of which schema
database/000001 …     what `pg_dump` wrote, in pieces
files/<key>           every file and thumbnail that the rows of that instant know
kept/<name>           the small files of the data folder
manifest.json         what all this must come to
"""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple, Protocol

import msgspec

from kezhan.backup.schemas import About, Manifest, Part, TableSum
from kezhan.backup.sealed import Opened, Sealer, damaged

ABOUT, MANIFEST = "about.json", "manifest.json"
DATABASE, FILES, KEPT = "database/", "files/", "kept/"
PIECE = 4 * 1024 * 1024
_BLOCK = 1024 * 1024
_MOST_JSON = 64 * 1024 * 1024


class Readable(Protocol):
    def read(self, size: int, /) -> Any: ...


class Tally:
    """What has gone by of one kind."""

    def __init__(self) -> None:
        self._count = 0
        self._bytes = 0
        self._hash = hashlib.sha256()

    def begin(self, name: str, size: int) -> None:
        self._count += 1
        self._hash.update(f"{name}\n{size}\n".encode())

    def add(self, data: bytes) -> None:
        self._bytes += len(data)
        self._hash.update(data)

    @property
    def part(self) -> Part:
        return Part(count=self._count, bytes=self._bytes, digest=self._hash.hexdigest())


class _Tallies:
    def __init__(self) -> None:
        self.of = {DATABASE: Tally(), FILES: Tally(), KEPT: Tally()}

    def named(self, name: str) -> Tally:
        tally = self.of.get(f"{name.partition('/')[0]}/")
        if tally is None:
            raise damaged(name)
        return tally

    def match(self, manifest: Manifest) -> bool:
        parts = {DATABASE: manifest.dump, FILES: manifest.files, KEPT: manifest.kept}
        return all(self.of[kind].part == part for kind, part in parts.items())


class _Watched:
    """A source whose bytes are counted and hashed as they go by."""

    def __init__(self, source: Readable, tally: Tally, look: Callable[[bytes], None] | None) -> None:
        self._source = source
        self._tally = tally
        self._look = look

    def read(self, size: int = -1) -> bytes:
        data = bytes(self._source.read(size))
        self._tally.add(data)
        if self._look is not None:
            self._look(data)
        return data


class Writer:
    """Members one after the other into a Sealer; `stopped` is asked between blocks and may raise."""

    def __init__(self, sealer: Sealer, about: About, stopped: Callable[[], None]) -> None:
        self._tar = tarfile.open(fileobj=sealer, mode="w|", bufsize=_BLOCK, format=tarfile.PAX_FORMAT)  # type: ignore[call-overload]  # noqa: SIM115
        self._tar.copybufsize = _BLOCK
        self._tallies = _Tallies()
        self._about = about
        self._stopped = stopped
        self._pieces = 0
        self._json(ABOUT, about)

    def _json(self, name: str, value: Any) -> None:
        data = msgspec.json.encode(value)
        self._tar.addfile(_member(name, len(data)), io.BytesIO(data))

    def dump(self, source: IO[bytes]) -> None:
        """All that `source` brings, in pieces, since nobody knows how much it will be."""
        while data := source.read(PIECE):
            self._pieces += 1
            self.add(f"{DATABASE}{self._pieces:06}", len(data), io.BytesIO(data))

    def add(
        self, name: str, size: int, source: Readable, look: Callable[[bytes], None] | None = None
    ) -> None:
        """`size` bytes; `look` sees them go by. Raises OSError where there are fewer."""
        self._stopped()
        tally = self._tallies.named(name)
        tally.begin(name, size)
        self._tar.addfile(_member(name, size), _Watched(source, tally, look))

    def close(self, tables: dict[str, TableSum], *, gone: int, damaged: int) -> Manifest:
        of = self._tallies.of
        manifest = Manifest(
            about=self._about,
            tables=tables,
            dump=of[DATABASE].part,
            files=of[FILES].part,
            kept=of[KEPT].part,
            gone=gone,
            damaged=damaged,
        )
        self._json(MANIFEST, manifest)
        self._tar.close()
        return manifest


class Member(NamedTuple):
    """`read` gives its bytes, all of which must be read before the next."""

    name: str
    size: int
    blocks: Iterator[bytes]


class Reader:
    """The members of an archive in order; at the end, and only where all has been found as the manifest says,
    `manifest` is there. Raises Refused `backup.damaged`."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._tallies = _Tallies()
        self.manifest: Manifest | None = None

    def __iter__(self) -> Iterator[Member]:
        try:
            with tarfile.open(fileobj=self._opened, mode="r|", bufsize=_BLOCK) as tar:  # type: ignore[call-overload]
                yield from self._members(tar)
        except tarfile.TarError as fault:
            raise damaged(str(fault)) from fault
        self._opened.drain()
        if self.manifest is None or not self._tallies.match(self.manifest):
            raise damaged(MANIFEST)

    def _members(self, tar: tarfile.TarFile) -> Iterator[Member]:
        for info in tar:
            file = tar.extractfile(info)
            if file is None or self.manifest is not None or info.name != _clean(info.name):
                raise damaged(info.name)
            if info.name in {ABOUT, MANIFEST}:
                if info.size > _MOST_JSON:
                    raise damaged(info.name)
                if info.name == MANIFEST:
                    self.manifest = _manifest(file.read())
                continue
            tally = self._tallies.named(info.name)
            tally.begin(info.name, info.size)
            member = Member(info.name, info.size, _blocks(file, tally))
            yield member
            for _ in member.blocks:
                pass


def _blocks(file: IO[bytes], tally: Tally) -> Iterator[bytes]:
    while data := file.read(_BLOCK):
        tally.add(data)
        yield data


def _manifest(data: bytes) -> Manifest:
    try:
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as fault:
        raise damaged(MANIFEST) from fault


def _clean(name: str) -> str:
    """A name that leads nowhere else."""
    return "/".join(part for part in name.split("/") if part not in {"", ".", ".."})


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o600
    return info
