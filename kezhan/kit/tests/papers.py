"""Papers a NATS server asks for or shows: `.creds` files and certificates, made on the spot."""

import base64
import binascii
import datetime
import hashlib
import ipaddress
import json
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

_UNBOUND = dict.fromkeys(("subs", "data", "payload"), -1)
_ACCOUNT = {**dict.fromkeys(("imports", "exports", "conn", "leaf"), -1), **_UNBOUND, "wildcards": True}


def credentials(folder: Path) -> tuple[Path, Path]:
    """A server's configuration with an operator of its own, and the `.creds` file of a user it knows."""
    folder.mkdir()
    operator, account, user = (_Key(letter) for letter in "OAU")
    owner = _token(operator, operator, {"type": "operator"})
    holder = _token(account, operator, {"type": "account", "limits": _ACCOUNT})
    guest = _token(user, account, {"type": "user", **_UNBOUND})
    conf, creds = folder / "nats.conf", folder / "user.creds"
    known = f"{account.name}: {holder}"
    conf.write_text(f"operator: {owner}\nresolver: MEMORY\nresolver_preload: {{ {known} }}\n")
    creds.write_text(
        f"-----BEGIN NATS USER JWT-----\n{guest}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n"
    )
    return conf, creds


class _Key:
    """As NATS writes keys: a letter for its kind, the bytes, a checksum, in base 32."""

    def __init__(self, letter: str) -> None:
        self.own = Ed25519PrivateKey.generate()
        kind = (ord(letter) - ord("A")) << 3
        seed = (ord("S") - ord("A")) << 3
        self.name = _checked(bytes([kind]) + self.own.public_key().public_bytes_raw())
        self.seed = _checked(bytes([seed | kind >> 5, (kind & 31) << 3]) + self.own.private_bytes_raw())


def _checked(raw: bytes) -> str:
    return base64.b32encode(raw + binascii.crc_hqx(raw, 0).to_bytes(2, "little")).decode().rstrip("=")


def _token(who: _Key, by: _Key, claims: dict[str, Any]) -> str:
    """A JWT as NATS signs it."""
    body = {"sub": who.name, "iss": by.name, "iat": 1, "nats": {"version": 2, **claims}}
    body["jti"] = base64.b32encode(hashlib.sha256(json.dumps(body).encode()).digest()).decode().rstrip("=")
    parts = (json.dumps(part).encode() for part in ({"typ": "JWT", "alg": "ed25519-nkey"}, body))
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return (signed + b"." + base64.urlsafe_b64encode(by.own.sign(signed)).rstrip(b"=")).decode()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Certificate and key of 127.0.0.1, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nats")])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "nats.crt", folder / "nats.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.TraditionalOpenSSL
    none = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, none))
    return certificate, secret
