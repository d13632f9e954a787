"""Pages of other origins: the open paths answer them, everything else stays shut, cookies never count."""

from typing import Any

import pytest

from kezhan.kit.crossing import OpenToPages

ORIGIN = (b"origin", b"https://shop.example")


class Inside:
    """The application behind; it notes what reached it."""

    def __init__(self, status: int = 200, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        self.status, self.headers = status, headers
        self.reached: list[tuple[str, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached.append((scope["type"], scope.get("path", "")))
        start: dict[str, Any] = {"type": "http.response.start", "status": self.status}
        await send(start if self.headers is None else {**start, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"tea", "more_body": True})
        await send({"type": "http.response.body", "body": b"pot"})


async def asked(
    inside: Inside, path: str, method: str = "GET", kind: str = "http", *open_to: str
) -> list[Any]:
    """The messages that left."""
    left: list[Any] = []

    async def send(message: Any) -> None:
        left.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    app = OpenToPages(inside, open_to or ("/w/v1/",))
    await app({"type": kind, "path": path, "method": method, "headers": [ORIGIN]}, receive, send)
    return left


def said(left: list[Any]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in left[0].get("headers", ()):
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("status", [200, 201, 204, 400, 401, 404, 429, 500, 503])
async def test_every_answer_under_an_open_path_can_be_read_also_a_refusal(status: int) -> None:
    inside = Inside(status, [(b"content-type", b"application/json"), (b"vary", b"accept-language")])
    left = await asked(inside, "/w/v1/sessions", "POST")
    headers = said(left)
    assert left[0]["status"] == status
    assert headers[b"access-control-allow-origin"] == [b"*"]
    assert b"origin" in headers[b"vary"]
    assert headers[b"content-type"] == [b"application/json"]
    assert [message.get("body") for message in left[1:]] == [b"tea", b"pot"], (
        "the body goes on piece by piece"
    )


@pytest.mark.parametrize("headers", [None, [], [(b"set-cookie", b"a=1")]])
async def test_an_answer_gets_its_words_whatever_it_had(headers: list[tuple[bytes, bytes]] | None) -> None:
    found = said(await asked(Inside(headers=headers), "/w/v1/sites/x"))
    assert found[b"access-control-allow-origin"] == [b"*"]


@pytest.mark.parametrize("path", ["/w/v1/sessions", "/w/v1/", "/w/v1/files/a/b", "/w/v1/nothing"])
async def test_a_browsers_question_before_the_call_is_answered_without_the_house(path: str) -> None:
    inside = Inside()
    left = await asked(inside, path, "OPTIONS")
    headers = said(left)
    assert (left[0]["status"], inside.reached) == (204, [])
    allowed = headers[b"access-control-allow-headers"][0].split(b", ")
    assert {b"authorization", b"content-type", b"accept-language", b"x-link"} == set(allowed)
    assert headers[b"access-control-allow-methods"] == [b"GET, POST, PUT, DELETE"]
    assert int(headers[b"access-control-max-age"][0]) > 0


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("path", ["/w/v1/sessions", "/api/me", "/"])
async def test_no_answer_lets_a_page_use_a_cookie_or_names_its_origin(path: str, method: str) -> None:
    headers = said(await asked(Inside(), path, method))
    assert b"access-control-allow-credentials" not in headers
    assert ORIGIN[1] not in [value for values in headers.values() for value in values]


@pytest.mark.parametrize(
    "path", ["/", "/api/me", "/w/v1", "/w/v10/x", "/w/v2/x", "/W/V1/x", "/api/w/v1/x", "//w/v1/x", "/w//v1/x"]
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_what_only_looks_like_an_open_path_is_left_to_the_house(path: str, method: str) -> None:
    inside = Inside()
    assert said(await asked(inside, path, method)) == {}
    assert inside.reached == [("http", path)]


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
async def test_what_is_no_http_passes_untouched(kind: str) -> None:
    inside = Inside()
    assert said(await asked(inside, "/w/v1/ws", "OPTIONS", kind)) == {}
    assert inside.reached == [(kind, "/w/v1/ws")]


async def test_several_paths_may_be_open_and_none_too() -> None:
    for path, opened in (("/a/x", True), ("/b/x", True), ("/c/x", False)):
        assert bool(said(await asked(Inside(), path, "GET", "http", "/a/", "/b/"))) == opened
    left: list[Any] = []

    async def send(message: Any) -> None:
        left.append(message)

    shut = OpenToPages(Inside(), ())
    await shut({"type": "http", "path": "/w/v1/x", "method": "GET", "headers": []}, None, send)  # type: ignore[arg-type]
    assert said(left) == {}
