"""Archives in a bucket over a real wire: signed, in parts, rotated, brought back, and their faults."""

import hashlib
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPSConnection
from pathlib import Path
from ssl import create_default_context
from uuid import uuid4

import psycopg
import pytest

from kezhan.backup import places, restore, store, work
from kezhan.backup.places import Place
from kezhan.backup.schemas import BackupPlan
from kezhan.backup.stop import Stop
from kezhan.backup.tests import s3
from kezhan.backup.tests.factories import KEY, empty, furnish, made, settings_for
from kezhan.backup.tests.s3 import Bucket, serving
from kezhan.files.objects import Store, key_of
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.outbox import Wiring
from kezhan.kit.postgres import SUPERUSER, Access
from kezhan.kit.testing import TestCluster
from kezhan.settings import Settings

NAME = "kezhan-20261123T000000Z-0a0a0a.kzb"
SIZE = 2 * s3.LEAST_PART + 1000
FEW = BackupPlan(keep_daily=1, keep_weekly=0, keep_monthly=0)
# What AWS shows of its own signatures: "Examples: Signature Calculations".
EXAMPLES = [
    ("GET", "/test.txt", {"range": "bytes=0-9"}, b"",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    ("GET", "/?lifecycle", {}, b"", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    ("GET", "/?max-keys=2&prefix=J", {}, b"",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ("PUT", "/test%24file.text",
     {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
     b"Welcome to Amazon S3.", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
]  # fmt: skip


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """One for all tests of this file, trusted by what is in the environment."""
    folder = tmp_path_factory.mktemp("bucket")
    with serving(folder) as served, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "bucket.pem"))
        patch.setitem(places._PATIENCE["backoff"], "base", 1.01)
        patch.setitem(places._PATIENCE, "max_retries", 4)
        patch.setattr(places, "_PART", s3.LEAST_PART)
        yield served


@pytest.fixture(autouse=True)
def well(bucket: Bucket) -> None:
    bucket.heal()
    for kept in (bucket.objects, bucket.uploads, bucket.asked, bucket.rejected):
        kept.clear()


def there(bucket: Bucket, folder: Path, access: Access | None = None, **more: str) -> Settings:
    return settings_for(
        folder,
        access,
        **{
            "backup_to": "s3://vault/tea",
            "backup_s3_endpoint": bucket.url,
            "backup_s3_key": s3.KEY,
            "backup_s3_secret": s3.SECRET,
            "backup_s3_region": s3.REGION,
            **more,
        },
    )


@pytest.fixture(scope="module")
def large(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Access, Path]]:
    """An installation whose archive goes in three parts."""
    access, folder = cluster.fresh(), tmp_path_factory.mktemp("large")
    furnish(folder)
    workspace, file, data = uuid4(), uuid4(), os.urandom(SIZE)
    out = Store.local(folder / "files").writer(key_of(workspace, file))
    out.write(data)
    out.close()
    with psycopg.connect(access.psycopg(SUPERUSER)) as admin:
        admin.execute("insert into workspaces (id, name) values (%s, 'tea')", (workspace,))
        admin.execute(
            "insert into files (workspace_id, id, name, media_type, size, digest, owner_kind, owner_id)"
            " values (%s, %s, 'x', 'x', %s, %s, 'member', %s)",
            (workspace, file, len(data), hashlib.sha256(data).digest(), uuid4()),
        )
    yield access, folder
    cluster.drop(access)


@pytest.mark.parametrize(("method", "target", "more", "body", "signed"), EXAMPLES)
def test_the_bucket_signs_as_amazon_does(
    method: str, target: str, more: dict[str, str], body: bytes, signed: str
) -> None:
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-amz-date": "20130524T000000Z",
        **more,
    }
    scope, secret = "20130524/us-east-1/s3/aws4_request", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert s3.signature(secret, method, target, headers, sorted(headers), scope) == signed


def test_who_has_no_key_or_signs_otherwise_comes_nowhere(bucket: Bucket, tmp_path: Path) -> None:
    bucket.objects["tea/" + NAME] = b"x"
    assert [one.name for one in Place.at(there(bucket, tmp_path)).archives()] == [NAME]
    for wrong, code in (
        ({"backup_s3_secret": "another"}, "SignatureDoesNotMatch"),
        ({"backup_s3_key": "another"}, "InvalidAccessKeyId"),
        ({"backup_s3_region": "elsewhere-1"}, "AuthorizationHeaderMalformed"),
    ):
        with pytest.raises(Refused) as refused:
            Place.at(there(bucket, tmp_path, None, **wrong)).archives()
        assert (refused.value.code, bucket.rejected.pop(code)) == ("backup.place", 1)
        assert "another" not in str(refused.value.params)
    with pytest.raises(Refused):
        Place.at(there(bucket, tmp_path, backup_to="s3://elsewhere/tea")).archives()
    bare = HTTPSConnection(bucket.url.partition("//")[2], context=create_default_context())
    bare.request("GET", f"/vault/tea/{NAME}")
    assert bare.getresponse().status == 403
    bare.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SSL_CERT_FILE")
        with pytest.raises(Refused):
            Place.at(there(bucket, tmp_path)).archives()
    assert bucket.objects == {"tea/" + NAME: b"x"}


async def test_a_backup_goes_there_in_parts_pushes_out_the_old_ones_and_comes_back_from_there(
    bucket: Bucket, cluster: TestCluster, large: tuple[Access, Path], tmp_path: Path
) -> None:
    """Through a store that is busy, slow and cuts off now and then."""
    access, folder = large
    settings, db = there(bucket, folder), Database(access, Wiring(), pool=1)
    for day in range(1, 6):  # more than a page of the list has
        bucket.objects[f"tea/kezhan-2020010{day}T000000Z-000000.kzb"] = b"x"
    bucket.objects |= {"tea/mine.kzb": b"x", "elsewhere/" + NAME: b"x"}
    bucket.ail("begin", "busy", "unanswered")
    bucket.ail("part", "busy", "cut", "slow", "unanswered")
    bucket.ail("complete", "busy", "unanswered")
    bucket.ail("list", "busy")
    bucket.ail("delete", "busy", "unanswered")
    run = work.made(db, settings, work.begun("backup", "command"), FEW, Stop())
    await db.close()
    name = f"tea/{run.archive}"
    assert set(bucket.objects) == {name, "tea/mine.kzb", "elsewhere/" + NAME}
    assert (run.state, run.place, run.bytes) == ("done", "s3://vault/tea", len(bucket.objects[name]))
    assert bucket.asked["part"] == 3 + 3
    assert set(bucket.rejected) == {"SlowDown", "NoSuchUpload"}
    bucket.ail("head", "busy")
    bucket.ail("get", "slow", "cut", "busy")
    second, here = empty(cluster), tmp_path / "here"
    target = there(bucket, here, second)
    done = restore.restore(target, Place.at(target), run.archive, KEY, Stop())
    assert done.manifest.tables == store.sums(access, Stop())
    (file,) = [path for path in (here / "files").rglob("*") if path.is_file()]
    assert file.stat().st_size == SIZE
    cluster.drop(second)


def test_what_fails_there_is_told_and_leaves_no_archive(
    bucket: Bucket, large: tuple[Access, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    access, folder = large
    settings = there(bucket, folder)
    monkeypatch.setitem(places._PATIENCE, "max_retries", 1)
    for kind, ill in (("begin", "forbidden"), ("part", "spoilt"), ("complete", "busy")):
        bucket.ail_for_good(kind, ill)  # type: ignore[arg-type]
        with pytest.raises(Refused) as refused:
            made(access, settings)
        assert refused.value.code == "backup.place", (kind, ill)
        assert s3.SECRET not in str(refused.value.params)
        bucket.heal()
        assert Place.at(settings).archives() == []
    assert bucket.rejected["XAmzContentSHA256Mismatch"], "no part is taken that is not what was sent"


async def test_an_archive_is_refused_whose_bytes_are_not_those_that_were_sent(
    bucket: Bucket, cluster: TestCluster, large: tuple[Access, Path], tmp_path: Path
) -> None:
    access, folder = large
    settings, second = there(bucket, folder), empty(cluster)
    # A key that may not remove is good against blackmail: what it cannot push out does not spoil a backup.
    bucket.objects["tea/" + NAME.replace("2026", "2020")] = b"x"
    bucket.ail_for_good("delete", "forbidden")
    db = Database(access, Wiring(), pool=1)
    run = work.made(db, settings, work.begun("backup", "command"), FEW, Stop())
    await db.close()
    assert (run.state, bucket.asked["delete"], len(bucket.objects)) == ("done", 1, 2)
    target = there(bucket, tmp_path / "here", second)
    place, whole = Place.at(target), bucket.objects[f"tea/{run.archive}"]

    def refused() -> str:
        with pytest.raises(Refused) as why:
            restore.restore(target, place, run.archive, KEY, Stop())
        assert not (tmp_path / "here").exists() and store.is_empty(second)
        return why.value.code

    bucket.ail("get", "spoilt")
    assert refused() == "backup.damaged"
    bucket.objects[f"tea/{run.archive}"] = whole[: len(whole) // 2]
    assert refused() == "backup.damaged"
    bucket.objects[f"tea/{run.archive}"] = whole
    bucket.ail_for_good("get", "forbidden")
    assert refused() == "backup.place"
    cluster.drop(second)


def test_a_store_that_hangs_is_asked_again_and_given_up(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_MOST_MINUTES", timedelta(seconds=0.3))
    monkeypatch.setattr(bucket, "slowness", 3.0)
    bucket.objects["tea/" + NAME] = os.urandom(1000)
    bucket.ail("get", "slow")
    place = Place.at(there(bucket, tmp_path))
    assert place.open(NAME).read(1000) == bucket.objects["tea/" + NAME]
    bucket.ail_for_good("get", "slow")
    begun = time.monotonic()
    with pytest.raises(Refused) as refused:
        place.open(NAME).read(1000)
    assert refused.value.code == "backup.place"
    assert time.monotonic() - begun < 60
