"""Spans: to a collector of this machine that is named, by ids and counts alone; else nothing of it."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kezhan.channels.tests.people import make_shop
from kezhan.kit.postgres import Access
from kezhan.kit.testing import until
from kezhan.settings import Settings
from kezhan.testing import running


class Collector:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Taker(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/traces"


@pytest.fixture
def collector() -> Iterator[Collector]:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    collector = Collector()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


async def test_requests_flushes_and_handlers_are_told_by_name_and_nothing_people_wrote(
    access: Access, tmp_path: Path, collector: Collector
) -> None:
    async with running(access, tmp_path, otel_endpoint=collector.url) as house:
        handled, observe = list[str](), house.house.runner.observe
        assert observe is not None

        def noting(name: str, *rest: Any) -> None:
            handled.append(name)
            observe(name, *rest)

        house.house.runner.observe = noting
        shop = await make_shop(house)
        visitor = await shop.visitor()
        said = await visitor.say("a word for nobody else")
        client = await house.client()
        for _ in range(2):
            assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/f/secret-path-of-hers")).status_code >= 400
        await until(lambda: bool(handled))
        await shop.close()
    sent = b"".join(collector.bodies)
    assert all(name in sent for name in (b"GET /livez", b"lane.flush", b"kezhan.batch_size", b"outbox "))
    assert str(shop.workspace_id).encode() in sent
    for secret in (b"a word for nobody else", b"secret-path-of-hers", visitor.token.encode()):
        assert secret not in sent
    assert said["conversation_id"]


def test_without_an_endpoint_nothing_of_it_is_even_imported() -> None:
    program = (
        "import sys, kezhan.kit.traces; sys.exit(any(n.startswith('opentelemetry') for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603


@pytest.mark.parametrize("endpoint", ["127.0.0.1:4318", "ftp://a/b", "http://a/b?token=x"])
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(ValidationError):
        Settings(otel_endpoint=endpoint)
