"""An account's webhook on a real socket, which keeps what comes and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fakes.wire import Asked, Told, plain

Answering = Callable[[Asked], Told]


class Hook:
    """`url` to be called; `calls` in the order of their coming; `answer` may be replaced."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[Asked] = []
        self.answer: Answering = lambda _: plain("success")
        self.hold: float = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                asked = _read(head.decode("latin-1"))
                asked.body = await reader.readexactly(int(asked.headers.get("content-length", "0")))
                self.calls.append(asked)
                await asyncio.sleep(self.hold)
                answer = self.answer(asked)
                fields = {**answer.headers, "content-length": str(len(answer.body))}
                lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
                writer.write(f"HTTP/1.1 {answer.status} X\r\n{lines}\r\n".encode() + answer.body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _read(head: str) -> Asked:
    from urllib.parse import parse_qsl, urlsplit

    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    parts = urlsplit(target)
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    return Asked(
        method=method, path=parts.path, query=parse_qsl(parts.query, keep_blank_values=True), headers=headers
    )


@asynccontextmanager
async def hooked() -> AsyncIterator[Hook]:
    hook = Hook()
    server = await asyncio.start_server(hook.serve, "127.0.0.1", 0)
    hook.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks/kzp_test"
    try:
        yield hook
    finally:
        server.close()
