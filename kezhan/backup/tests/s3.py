"""A bucket behind the wire of S3, written from the specification: it checks every signature (AWS Signature
Version 4) and every digest itself, takes uploads in parts, and does what goes wrong with such stores."""

import base64
import hashlib
import hmac
import itertools
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

KEY, SECRET, REGION = "AKTEAHOUSE", "leaves+and/water", "cn-north-9"
LEAST_PART = 5 * 1024 * 1024
_STAMP = "%Y%m%dT%H%M%SZ"
_SKEW = timedelta(minutes=15)
_NS = "http://s3.amazonaws.com/doc/2006-03-01/"
Kind = Literal["put", "begin", "part", "complete", "abort", "list", "head", "get", "delete"]
Ill = Literal["busy", "slow", "cut", "spoilt", "forbidden", "unanswered"]
"""`busy`: 503. `slow`: half of it, and the rest after `Bucket.slowness`. `cut`: half of it and no more.
`spoilt`: one bit is another. `unanswered`: done, and not said."""


class Rejected(Exception):
    """Why a call is not answered: (status, code), as the specification names it."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


def signature(
    secret: str, method: str, target: str, headers: Mapping[str, str], signed: list[str], scope: str
) -> str:
    """What a call is to be signed with. `target` is the path with its query as sent, `headers` by lower-case
    names, `signed` the names of those that count, `scope` the day, region, service and `aws4_request`."""
    path, _, query = target.partition("?")
    pairs = sorted((_coded(k), _coded(v)) for k, v in parse_qsl(query, keep_blank_values=True))
    lines = [
        method,
        quote(unquote(path), safe="/-_.~"),
        "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{' '.join(headers[name].split())}" for name in signed),
        "",
        ";".join(signed),
        headers["x-amz-content-sha256"],
    ]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    told = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{digest}"
    return hmac.digest(key, told.encode(), "sha256").hex()


def _coded(text: str) -> str:
    return quote(text, safe="-_.~")


class Bucket:
    """Objects by their names within the bucket `vault`, and what has been asked for."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, tuple[str, dict[int, bytes]]] = {}
        self.asked: Counter[Kind] = Counter()
        self.rejected: Counter[str] = Counter()
        self.slowness = 0.2
        self.page = 2
        """So many names a page of a list has."""
        self.url = ""
        self._ills: dict[Kind, Iterator[Ill]] = {}
        self._count = itertools.count(1)
        self._turn = threading.Lock()

    def ail(self, kind: Kind, *ills: Ill) -> None:
        """What befalls the next calls of a kind, one each; afterwards they are well again."""
        self._ills[kind] = iter(ills)

    def ail_for_good(self, kind: Kind, ill: Ill) -> None:
        self._ills[kind] = itertools.repeat(ill)

    def heal(self) -> None:
        self._ills.clear()

    def ill(self, kind: Kind) -> Ill | None:
        with self._turn:
            self.asked[kind] += 1
            return next(self._ills.get(kind, iter(())), None)

    def check(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises Rejected where a call is not whose it says, not of now, or not what was signed."""
        kind, _, rest = headers.get("authorization", "").partition(" ")
        words = dict(part.strip().partition("=")[::2] for part in rest.split(","))
        if kind != "AWS4-HMAC-SHA256" or set(words) != {"Credential", "SignedHeaders", "Signature"}:
            raise Rejected(403, "AccessDenied")
        who, _, scope = words["Credential"].partition("/")
        signed = words["SignedHeaders"].split(";")
        at = datetime.strptime(headers["x-amz-date"], _STAMP).replace(tzinfo=UTC)
        if who != KEY:
            raise Rejected(403, "InvalidAccessKeyId")
        if scope != f"{at:%Y%m%d}/{REGION}/s3/aws4_request":
            raise Rejected(400, "AuthorizationHeaderMalformed")
        if abs(datetime.now(UTC) - at) > _SKEW:
            raise Rejected(403, "RequestTimeTooSkewed")
        must = {"host", *(name for name in headers if name.startswith("x-amz-"))}
        if not must <= set(signed) or signed != sorted(signed):
            raise Rejected(403, "AccessDenied")
        if not hmac.compare_digest(
            words["Signature"], signature(SECRET, method, target, headers, signed, scope)
        ):
            raise Rejected(403, "SignatureDoesNotMatch")
        told = headers["x-amz-content-sha256"]
        if told != "UNSIGNED-PAYLOAD" and told != hashlib.sha256(body).hexdigest():
            raise Rejected(400, "XAmzContentSHA256Mismatch")
        for name, digest in (
            ("x-amz-checksum-sha256", hashlib.sha256(body)),
            ("content-md5", hashlib.md5(body, usedforsecurity=False)),
        ):
            if headers.get(name, own := base64.b64encode(digest.digest()).decode()) != own:
                raise Rejected(400, "BadDigest")

    def begin(self, key: str) -> str:
        with self._turn:
            upload = f"upload-{next(self._count)}"
            self.uploads[upload] = (key, {})
        return _xml("InitiateMultipartUploadResult", Bucket="vault", Key=key, UploadId=upload)

    def part(self, upload: str, number: int, body: bytes) -> str:
        if not 1 <= number <= 10_000:
            raise Rejected(400, "InvalidArgument")
        with self._turn:
            self._upload(upload)[1][number] = body
        return _etag(body)

    def complete(self, upload: str, body: bytes) -> str:
        """Its parts in their order, each as it was received, all but the last large enough."""
        listed = [
            (int(part.findtext(f"{space}PartNumber") or 0), (part.findtext(f"{space}ETag") or "").strip('"'))
            for root in [Xml.fromstring(body)]  # noqa: S314  # of our own client
            for space in [root.tag.removesuffix("CompleteMultipartUpload")]
            for part in root.iter(f"{space}Part")
        ]
        with self._turn:
            key, parts = self._upload(upload)
            if [number for number, _ in listed] != sorted({number for number, _ in listed}) or not listed:
                raise Rejected(400, "InvalidPartOrder")
            if any(number not in parts or _etag(parts[number]).strip('"') != tag for number, tag in listed):
                raise Rejected(400, "InvalidPart")
            if any(len(parts[number]) < LEAST_PART for number, _ in listed[:-1]):
                raise Rejected(400, "EntityTooSmall")
            self.objects[key] = b"".join(parts[number] for number, _ in listed)
            del self.uploads[upload]
        return _xml("CompleteMultipartUploadResult", Bucket="vault", Key=key, ETag='"whole"')

    def abort(self, upload: str) -> None:
        with self._turn:
            self._upload(upload)
            del self.uploads[upload]

    def remove(self, body: bytes, *, may: bool) -> str:
        """Several at once, each with its own answer."""
        answers = []
        for key in (found.text or "" for found in Xml.fromstring(body).iter() if found.tag.endswith("Key")):  # noqa: S314
            if may:
                self.objects.pop(key, None)
            told = "Deleted" if may else "Error"
            code = "" if may else "<Code>AccessDenied</Code><Message>AccessDenied</Message>"
            answers.append(f"<{told}><Key>{escape(key)}</Key>{code}</{told}>")
        return f'<DeleteResult xmlns="{_NS}">{"".join(answers)}</DeleteResult>'

    def _upload(self, upload: str) -> tuple[str, dict[int, bytes]]:
        if upload not in self.uploads:
            raise Rejected(404, "NoSuchUpload")
        return self.uploads[upload]

    def list(self, prefix: str, after: str) -> str:
        """A page, and how to go on."""
        names = sorted(name for name in self.objects if name.startswith(prefix) and name > after)
        page = names[: self.page]
        more = len(names) > len(page)
        contents = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(self.objects[name])}</Size>"
            f"<LastModified>2026-11-23T00:00:00.000Z</LastModified><ETag>&quot;x&quot;</ETag></Contents>"
            for name in page
        )
        on = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        return (
            f'<ListBucketResult xmlns="{_NS}"><Name>vault</Name><KeyCount>{len(page)}</KeyCount>'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{on}{contents}</ListBucketResult>"
        )


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def _xml(name: str, **values: str) -> str:
    inner = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in values.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="{_NS}">{inner}</{name}>'


def _spoilt(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if data else data


class _Cut(Exception):
    """The connection ends here."""


class _Calls(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def log_message(self, *_: object) -> None:
        pass

    def _any(self) -> None:
        ill: Ill | None = None
        try:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            bucket, _, key = unquote(parts.path).removeprefix("/").partition("/")
            kind = _kind(self.command, key, query)
            ill = self.bucket.ill(kind)
            body = self._body(ill if kind in {"put", "part"} else None)
            self.bucket.check(
                self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body
            )
            if bucket != "vault":
                raise Rejected(404, "NoSuchBucket")
            if ill == "busy":
                raise Rejected(503, "SlowDown")
            if ill == "forbidden" and kind != "delete":
                raise Rejected(403, "AccessDenied")
            self._do(kind, key, query, body, ill)
        except Rejected as rejected:
            self.bucket.rejected[rejected.code] += 1
            text = _xml("Error", Code=rejected.code, Message=rejected.code).encode()
            self._answer(rejected.status, b"" if self.command == "HEAD" else text)
        except (_Cut, OSError):
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _any

    def _body(self, ill: Ill | None) -> bytes:
        size = int(self.headers.get("content-length", 0))
        if ill == "cut":
            self.rfile.read(size // 2)
            raise _Cut
        if ill == "slow":
            first = self.rfile.read(size // 2)
            threading.Event().wait(self.bucket.slowness)
            return first + self.rfile.read(size - size // 2)
        data = self.rfile.read(size)
        return _spoilt(data) if ill == "spoilt" else data

    def _do(self, kind: Kind, key: str, query: dict[str, str], body: bytes, ill: Ill | None) -> None:
        there, objects = self.bucket, self.bucket.objects
        answer, tag = b"", ""
        if kind == "list":
            answer = there.list(query.get("prefix", ""), query.get("continuation-token", "")).encode()
        elif kind == "begin":
            answer = there.begin(key).encode()
        elif kind == "part":
            tag = there.part(query["uploadId"], int(query["partNumber"]), body)
        elif kind == "complete":
            answer = there.complete(query["uploadId"], body).encode()
        elif kind == "abort":
            there.abort(query["uploadId"])
        elif kind == "put":
            objects[key], tag = body, _etag(body)
        elif kind == "delete":
            answer = there.remove(body, may=ill != "forbidden").encode()
        else:
            self._give(kind, key, ill)
            return
        if ill == "unanswered":
            raise _Cut
        self._answer(204 if kind == "abort" else 200, answer, ETag=tag)

    def _give(self, kind: Kind, key: str, ill: Ill | None) -> None:
        if key not in self.bucket.objects:
            raise Rejected(404, "NoSuchKey")
        data = self.bucket.objects[key]
        headers = {"ETag": _etag(data), "Last-Modified": "Mon, 23 Nov 2026 00:00:00 GMT"}
        status = 200
        if kind == "get" and (wanted := self.headers.get("range")):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or len(data)), len(data) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
            data, status = data[start : end + 1], 206
        self._answer(status, data, ill, **headers)

    def _answer(self, status: int, body: bytes, ill: Ill | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        body = _spoilt(body) if ill == "spoilt" else body
        half = len(body) // 2 if ill in {"cut", "slow"} else len(body)
        self.wfile.write(body[:half])
        if ill == "cut":
            raise _Cut
        if ill == "slow":
            threading.Event().wait(self.bucket.slowness)
        self.wfile.write(body[half:])


def _kind(method: str, key: str, query: dict[str, str]) -> Kind:
    upload = "uploadId" in query
    found: dict[str, Kind] = {
        "GET": "get" if key else "list",
        "HEAD": "head",
        "PUT": "part" if upload else "put",
        "POST": "complete" if upload else "delete" if "delete" in query else "begin",
        "DELETE": "abort",
    }
    return found[method]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Who hangs up is no news."""


@contextmanager
def serving(folder: Path) -> Iterator[Bucket]:
    """A bucket on a free port with TLS; `folder / "bucket.pem"` is the certificate to trust."""
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    words += " -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE"
    words += " -keyout bucket.key -out bucket.pem"
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607
    bucket = Bucket()
    server = _Server(("127.0.0.1", 0), type("Calls", (_Calls,), {"bucket": bucket}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "bucket.pem", folder / "bucket.key")
    # The handshake in the connection's own thread, not in the one that accepts.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    bucket.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
