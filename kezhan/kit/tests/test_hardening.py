"""What every answer says to browsers, whatever kind of route gives it."""

from typing import Any

import httpx2
import pytest

from kezhan.kit.hardening import Hardened
from kezhan.testing import Running

_EVERYWHERE = {"x-content-type-options": "nosniff", "permissions-policy": "", "referrer-policy": ""}


@pytest.mark.parametrize(
    ("method", "path", "policy"),
    [
        ("GET", "/api/openapi.json", "same-origin"),
        ("GET", "/api/me", "same-origin"),
        ("GET", "/api/there-is-no-such-thing", "same-origin"),
        ("PUT", "/api/me", "same-origin"),
        ("GET", "/readyz", "same-origin"),
        ("GET", "/f/01900000-0000-7000-8000-000000000000", "cross-origin"),
        ("GET", "/w/v1/sites/nothing", "cross-origin"),
        ("OPTIONS", "/w/v1/sessions", "cross-origin"),
        ("POST", "/w/v1/sessions", "cross-origin"),
        ("POST", "/w/v1/ws/frames", "cross-origin"),
        ("POST", "/hooks/nobody/nothing", "same-origin"),
    ],
)
async def test_no_kind_of_route_forgets_them(house: Running, method: str, path: str, policy: str) -> None:
    client = await house.client()
    answer = await client.request(method, path)
    for name, value in _EVERYWHERE.items():
        assert value in answer.headers[name], name
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cross-origin-resource-policy"] == policy
    assert answer.headers.get("cross-origin-opener-policy") == (policy if policy == "same-origin" else None)
    assert "strict-transport-security" not in answer.headers
    names = [name for name, _ in answer.headers.multi_items()]
    assert len(names) == len(set(names) | {"set-cookie"}) - ("set-cookie" not in names)


@pytest.mark.parametrize(
    ("given", "policy"),
    [
        ({"content-type": "text/html", "Content-Security-Policy": "script-src 'self'"}, "script-src 'self'"),
        ({"content-type": "text/javascript"}, None),
        ({"content-type": "application/json"}, "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ],
)
async def test_what_a_route_says_itself_stays_and_code_may_work(given: dict[str, str], policy: str) -> None:
    async def inside(scope: Any, receive: Any, send: Any) -> None:
        headers = [(name.encode(), value.encode()) for name, value in given.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    app = Hardened(inside, shared=("/w/",), secure=True)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://house.example") as client:
        answer = await client.get("/")
    assert answer.headers.get("content-security-policy") == policy
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
