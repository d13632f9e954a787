"""Two processes behind nginx as in deploy/nginx.conf, restarted one after the other: nobody loses a word."""

import asyncio
import contextlib
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.deploy.site import CALLER, ENVIRONMENT, NGINX, WHY_NOT, Site, certificate, configuration, open_site
from tests.faults.wire import ask

pytestmark = pytest.mark.skipif(NGINX is None, reason=WHY_NOT)


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[Site]:
    # Not in pytest's folder, which PostgreSQL's user may not enter.
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="kezhan-site-") as place:
        Path(place).chmod(0o711)  # noqa: ASYNC240 - one call of a moment
        for name in [name for name in os.environ if name.startswith("KEZHAN_")]:
            patch.delenv(name)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        async with open_site(Path(place)) as site:
            yield site


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[Site]:
    async with opened() as site:
        yield site


def test_nginx_takes_the_configuration_and_refuses_one_with_a_word_it_does_not_know(tmp_path: Path) -> None:
    certificate(tmp_path)
    good = configuration(tmp_path, 18080, 18443, [18701, 18702])
    for text, code in ((good, 0), (good, 0), (good.replace("least_conn", "most_conn"), 1)):
        (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
        words = [str(NGINX), "-t", "-q", "-c", str(tmp_path / "nginx.conf")]
        done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603
        assert done.returncode == code, done.stderr
        assert "[warn]" not in done.stderr


async def test_each_process_restarted_while_all_talk_loses_nothing_and_doubles_nothing(site: Site) -> None:
    ledger, faults = await site.rolled(customers=8, rounds=1, pause=0.1)
    assert faults == []
    assert ledger.acked > 100
    assert len(site.away) >= 10, "half of the clients and more were sent away"


@pytest.mark.parametrize("lie", ["203.0.113.9", "203.0.113.9, 127.0.0.1", "127.0.0.1", "nonsense"])
async def test_a_caller_is_counted_by_her_own_address_whatever_she_says_of_it(site: Site, lie: str) -> None:
    body = {"site_key": site.session["site"]["key"], "page": {"url": "https://shop.example/"}}
    said = {"X-Forwarded-For": lie, "X-Real-IP": lie, "Forwarded": f"for={lie}"}
    kind = {"Content-Type": "application/json"}
    assert await site.call("POST", "/w/v1/sessions", kind | said, json.dumps(body).encode()) == 201
    assert site.address_of_last_visit() == CALLER


async def test_figures_are_for_this_machine_and_not_for_those_who_come_through_the_proxy(site: Site) -> None:
    assert (await ask(site.place.ports[0], "GET", "/metrics", {}))[0] == 200
    for said in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Real-IP": "127.0.0.1"}):
        assert await site.call("GET", "/metrics", said) == 404


@pytest.mark.parametrize(("size", "status"), [(20 * 1024 * 1024, 201), (22 * 1024 * 1024, 413)])
async def test_the_largest_file_comes_through_and_a_larger_one_does_not(
    site: Site, size: int, status: int
) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    headers["Authorization"] = f"Bearer {site.session['token']}"
    body = head + b"t" * size + b"\r\n--x--\r\n"
    assert await site.call("POST", "/w/v1/files", headers, body) == status


async def test_only_tls_1_3_is_spoken(site: Site) -> None:
    context = ssl.create_default_context(cafile=str(site.folder / "fullchain.pem"))
    reader, writer = await asyncio.open_connection("127.0.0.1", site.tls, ssl=context)
    assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
    writer.write(b"GET /readyz HTTP/1.0\r\nHost: chat.example\r\n\r\n")
    assert (await reader.read()).split()[1] == b"200"
    writer.close()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        await asyncio.open_connection("127.0.0.1", site.tls, ssl=context)


@pytest.mark.long
async def test_forty_people_through_four_restarts_are_back_within_about_a_second() -> None:
    async with opened() as site:
        ledger, faults = await site.rolled(customers=40, rounds=2, pause=0.3)
        assert faults == []
        sys.stdout.write(f"away {statistics.quantiles(site.away, n=20)}, {ledger.acked} acknowledged\n")
        assert ledger.acked > 500
        # The reference client tries after 0 to 0.8 s at random; the rest is the server's.
        assert statistics.median(site.away) < 1
