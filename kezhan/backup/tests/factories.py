"""Installations to back up, and places to put backups."""

from pathlib import Path

import psycopg

from kezhan.backup.places import Place
from kezhan.backup.schemas import Manifest, Taken
from kezhan.backup.stop import Stop
from kezhan.backup.take import KEYS, take
from kezhan.kit.crypto import KeyRing
from kezhan.kit.postgres import SUPERUSER, Access
from kezhan.kit.testing import TestCluster, url_of
from kezhan.settings import Settings

KEY = "river stone and tea"


def settings_for(folder: Path, access: Access | None = None, **more: object) -> Settings:
    url = url_of(access) if access else ""
    return Settings(**{"data": folder, "database_url": url, "backup_key": KEY, **more}).resolved()  # type: ignore[arg-type]


def furnish(folder: Path) -> None:
    """What a data folder has that was started once."""
    folder.mkdir(parents=True, exist_ok=True)
    KeyRing.open(folder / KEYS)


def made(access: Access, settings: Settings, place: Place | None = None) -> Taken:
    furnish(settings.data)
    return take(access, settings, place or Place.at(settings), "command", Stop())


def rows_of(manifest: Manifest, table: str) -> int:
    return manifest.tables[table].rows


def empty(cluster: TestCluster) -> Access:
    """A database without a schema, as its owner makes one."""
    access = cluster.fresh()
    with psycopg.connect(access.psycopg(SUPERUSER)) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public authorization pg_database_owner")
    return access
