"""Mail servers on this machine, made and real, for the tests of what goes over the wire."""

import asyncio
import base64
import contextlib
import datetime
import getpass
import grp
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec import structs

from fakes.imap import ImapServer
from kezhan.channels.adapters.email import fake
from kezhan.channels.base import Account
from kezhan.channels.tests.platform import Platform, platform
from kezhan.kit.testing import free_port, until


@dataclass
class Post:
    """An SMTP server: the `mails` it has taken, as (sender, recipients, content), and by stage what it
    `refuses` with ("cut": by ending the connection)."""

    port: int = 0
    password: str = "code-1"  # noqa: S105
    token: str = "T0KEN"  # noqa: S105
    refuses: dict[str, str] = field(default_factory=dict)
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    def authenticate(self, _: Any, __: Any, ___: Any, ____: str, data: Any) -> AuthResult:
        if "AUTH" in self.refuses:
            return AuthResult(success=False, handled=False, message=self.refuses["AUTH"])
        good = (data.login, data.password) == (b"support@kezhan.example", self.password.encode())
        return AuthResult(success=good, handled=False, message=None if good else "535 5.7.8 wrong")

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        wanted = f"user=support@kezhan.example\x01auth=Bearer {self.token}\x01\x01"
        if args[1:] == [base64.b64encode(wanted.encode()).decode()]:
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False, message="535 5.7.8 token not accepted")

    async def handle_MAIL(self, *given: Any) -> str:
        envelope, address = given[2], given[3]
        envelope.mail_from = address
        return self.refuses.get("MAIL", "250 OK")

    async def handle_RCPT(self, *given: Any) -> str:
        if "RCPT" not in self.refuses:
            given[2].rcpt_tos.append(given[3])
        return self.refuses.get("RCPT", "250 OK")

    async def handle_DATA(self, *given: Any) -> str:
        if self.refuses.get("DATA") == "cut":
            given[0].transport.abort()
        elif "DATA" not in self.refuses:
            self.mails.append((given[2].mail_from, given[2].rcpt_tos, given[2].content))
        return self.refuses.get("DATA", "250 OK")


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's side of TLS for `localhost`, whose certificate this process trusts from now on."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    at = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - datetime.timedelta(days=1))
        .not_valid_after(at + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    both = tmp_path / "both.pem"
    both.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form) + pem)
    (tmp_path / "ca.pem").write_bytes(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(both)
    return context


@asynccontextmanager
async def posting(tls: ssl.SSLContext | None = None, *, start_tls: bool = False) -> AsyncIterator[Post]:
    """A server while it lasts, with TLS from the first byte or by STARTTLS."""
    post = Post()

    def session() -> SMTP:
        return SMTP(
            post,
            hostname="mx.kezhan.example",
            authenticator=post.authenticate,
            auth_require_tls=False,
            tls_context=tls if start_tls else None,
        )

    at_once = None if start_tls else tls
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=at_once)
    post.port = server.sockets[0].getsockname()[1]
    yield post
    server.close()


class Dovecot:
    """A real server without privileges, its mailbox a folder of files."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder = folder
        self._program = program
        self.mails = folder / "mail" / "new"
        self.port = free_port()
        self._count = 0

    def deliver(self, raw: bytes) -> None:
        self._count += 1
        draft = self.folder / "mail" / "tmp" / f"{self._count}"
        draft.write_bytes(raw.replace(b"\r\n", b"\n"))
        draft.rename(
            self.mails / f"{int(datetime.datetime.now(datetime.UTC).timestamp())}.M{self._count}.test"
        )

    def start(self) -> None:
        for part in ("cur", "new", "tmp"):
            (self.folder / "mail" / part).mkdir(parents=True, exist_ok=True)
        # Dovecot's own rule: nobody signs in as root, whoever runs it.
        root = os.geteuid() == 0
        uid = "nobody" if root else getpass.getuser()
        gid = "nogroup" if root else grp.getgrgid(os.getgid()).gr_name
        if root:
            shutil.chown(self.folder, uid)
            for path in self.folder.rglob("*"):
                shutil.chown(path, uid)
        (self.folder / "users").write_text("support@kezhan.example:{PLAIN}code-1\n")
        config = self.folder / "dovecot.conf"
        config.write_text(
            f"""
            base_dir = {self.folder}/run
            state_dir = {self.folder}/run
            log_path = {self.folder}/log
            protocols = imap
            listen = 127.0.0.1
            ssl = no
            disable_plaintext_auth = no
            default_login_user = {uid}
            default_internal_user = {uid}
            default_internal_group = {gid}
            first_valid_uid = 1
            mail_location = maildir:{self.folder}/mail
            passdb {{
              driver = passwd-file
              args = {self.folder}/users
            }}
            userdb {{
              driver = static
              args = uid={uid} gid={gid} home={self.folder}
            }}
            service imap-login {{
              chroot =
              inet_listener imap {{
                port = {self.port}
              }}
              inet_listener imaps {{
                port = 0
              }}
            }}
            service anvil {{
              chroot =
            }}
            service stats {{
              chroot =
            }}
            mail_plugins =
            """
        )
        self._process = subprocess.Popen(  # noqa: S603
            [self._program, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    async def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
            return line.recv(4) == b"* OK"
        return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


def dovecot_program() -> str:
    """Where it lies; skips the test where it is missing, or is not the one that is configured here."""
    found = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("Dovecot is missing: Debian's package dovecot-imapd")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    if not version.startswith("2.3"):
        pytest.skip(f"Dovecot 2.3 is configured here, and this is {version.strip()}")
    return found


@pytest.fixture
async def dovecot() -> AsyncIterator[Dovecot]:
    with tempfile.TemporaryDirectory(prefix="dovecot.", dir="/tmp") as folder:
        server = Dovecot(Path(folder), dovecot_program())
        server.start()
        try:
            await until(server.answers)
            yield server
        finally:
            server.stop()


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with posting() as found:
        yield found


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as found:
        yield found


@pytest.fixture
async def box() -> AsyncIterator[ImapServer]:
    found = ImapServer()
    await found.start()
    yield found
    await found.stop()


def account(**changes: Any) -> Account:
    """The mailbox on this machine, without encryption unless `changes` say otherwise."""
    made = fake.account()
    plain = {
        "imap_security": "none",
        "smtp_security": "none",
        "imap_host": "localhost",
        "smtp_host": "localhost",
    }
    return structs.replace(made, settings=structs.replace(made.settings, **{**plain, **changes}))
