"""Where archives lie: a folder, or a bucket of any S3-compatible store, behind the same calls."""

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

from kezhan.kit.disk import free
from kezhan.kit.errors import Refused
from kezhan.settings import Settings

if TYPE_CHECKING:
    from obstore.store import RetryConfig

_NAME = re.compile(r"kezhan-(\d{8}T\d{6})Z-[0-9a-f]{6}(-upgrade)?\.kzb")
_STAMP = "%Y%m%dT%H%M%S"
_PART = 8 * 1024 * 1024
_MOST_PARTS = 9000  # S3 takes 10,000
_BUFFER = 4 * 1024 * 1024
_MOST_MINUTES = timedelta(minutes=2)
"""A part of the least size then needs 1 Mbit/s, two being on the way."""
# An archive is hours on its way: what a store or a network does for a minute is waited out. Signatures hold
# for a quarter of an hour.
_PATIENCE: "RetryConfig" = {
    "max_retries": 12,
    "backoff": {
        "init_backoff": timedelta(seconds=0.2),
        "base": 4,
        "max_backoff": timedelta(seconds=15),
    },
    "retry_timeout": timedelta(minutes=5),
}


class Archive(NamedTuple):
    """One that is complete: a store shows no other. `at` is its instant, `upgrade`: made before one."""

    name: str
    at: datetime
    bytes: int
    upgrade: bool


def name_for(at: datetime, *, upgrade: bool) -> str:
    """Two of the same second do not meet."""
    return f"kezhan-{at.strftime(_STAMP)}Z-{secrets.token_hex(3)}{'-upgrade' if upgrade else ''}.kzb"


class _Pipe:
    """One archive being written or read; the store's own faults are told as such."""

    def __init__(self, file: Any, place: str) -> None:
        self._file = file
        self._place = place
        self.written = 0

    def write(self, data: bytes) -> None:
        with _faults(self._place):
            self._file.write(data)
        self.written += len(data)

    def read(self, size: int) -> bytes:
        with _faults(self._place):
            return bytes(self._file.read(size))


class Place:
    """Archives by name. One appears whole or not at all. Faults of the store are Refused `backup.place`."""

    def __init__(
        self, objects: ObjectStore, name: str, folder: Path | None = None, carrier: ObjectStore | None = None
    ) -> None:
        """`carrier` is the same store, more patient: for archives on their way."""
        self._objects = objects
        self._carrier = carrier or objects
        self.name = name
        self.folder = folder

    @classmethod
    def at(cls, settings: Settings) -> "Place":
        """The one the settings name. Raises Refused where it cannot be."""
        if settings.backup_to.startswith("s3://"):
            return cls._bucket(settings)
        return cls.local(Path(settings.backup_to).expanduser() if settings.backup_to else default(settings))

    @classmethod
    def local(cls, folder: Path) -> "Place":
        with _faults(str(folder)):
            folder = folder.absolute()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(LocalStore(folder), str(folder), folder)

    @classmethod
    def _bucket(cls, settings: Settings) -> "Place":
        parts = urlsplit(settings.backup_to)
        config: dict[str, Any] = {"region": settings.backup_s3_region or "us-east-1"}
        if settings.backup_s3_endpoint:
            config |= {"endpoint": settings.backup_s3_endpoint, "virtual_hosted_style_request": False}
        if settings.backup_s3_key:
            config["access_key_id"] = settings.backup_s3_key
            config["secret_access_key"] = settings.backup_s3_secret
        plain = settings.backup_s3_endpoint.startswith("http://")
        with _faults(settings.backup_to):
            if not parts.netloc:
                raise ValueError("s3://bucket/prefix")
            prefix = parts.path.strip("/") or None
            config["client_options"] = {"allow_http": plain, "timeout": _MOST_MINUTES}
            quick = S3Store(parts.netloc, prefix=prefix, **config)
            patient = S3Store(parts.netloc, prefix=prefix, retry_config=_PATIENCE, **config)
            return cls(quick, settings.backup_to, carrier=patient)

    def archives(self) -> list[Archive]:
        """Newest first; what is not named like ours is nobody's business."""
        found = []
        with _faults(self.name):
            for batch in obstore.list(self._objects):
                for meta in batch:
                    if match := _NAME.fullmatch(meta["path"]):
                        at = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
                        found.append(Archive(meta["path"], at, meta["size"], bool(match[2])))
        return sorted(found, key=lambda one: (one.at, one.name), reverse=True)

    def find(self, name: str) -> Archive:
        """By its name, or `latest`. Raises Refused."""
        found = [one for one in self.archives() if name in {one.name, "latest"}]
        if not found:
            raise Refused("backup.no_such_archive", 404, said=name)
        return found[0]

    def room(self) -> int | None:
        """Bytes it still takes, as far as can be known."""
        with _faults(self.name):
            return None if self.folder is None else free(self.folder)

    @contextlib.contextmanager
    def writing(self, name: str, expected: int) -> Iterator["_Pipe"]:
        """A file to write to, there under its name once the block has ended well."""
        part = max(_PART, expected * 2 // _MOST_PARTS)
        with _faults(self.name):
            out = obstore.open_writer(self._carrier, name, buffer_size=part, max_concurrency=2)
        pipe = _Pipe(out, self.name)
        try:
            yield pipe
        except BaseException:
            del pipe, out  # unfinished, it never appears
            self.sweep()
            raise
        with _faults(self.name):
            try:
                out.close()
            except (obstore.exceptions.BaseError, FileNotFoundError):
                # The answer may have been lost on its way, with all in its place and nothing left to ask for.
                if obstore.head(self._objects, name)["size"] != pipe.written:
                    raise
            if self.folder is not None:
                _settle(self.folder / name)

    def open(self, name: str) -> "_Pipe":
        with _faults(self.name):
            return _Pipe(obstore.open_reader(self._carrier, name, buffer_size=_BUFFER), self.name)

    def remove(self, name: str) -> None:
        with _faults(self.name), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._objects, name)

    def sweep(self) -> None:
        """Remove what programs that were killed have left of archives. A bucket has rules for that itself."""
        if self.folder is not None:
            for draft in self.folder.glob("kezhan-*.kzb#*"):
                draft.unlink(missing_ok=True)


def default(settings: Settings) -> Path:
    return settings.data / "backups"


def one_file(path: Path) -> tuple[Place, str]:
    """An archive by its path. Raises Refused."""
    if not path.is_file():
        raise Refused("backup.no_such_archive", 404, said=str(path))
    return Place.local(path.parent), path.name


def _settle(path: Path) -> None:
    for place in (path, path.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _faults(place: str) -> Iterator[None]:
    try:
        yield
    except (obstore.exceptions.BaseError, OSError, ValueError) as fault:
        said = str(fault).split("\n", 1)[0][:300]
        raise Refused("backup.place", 409, said=f"{place}: {said}") from fault
