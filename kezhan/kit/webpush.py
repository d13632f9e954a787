"""Web push: a message sealed for one browser (RFC 8291, aes128gcm of RFC 8188) and the proof of who sends it
(VAPID, RFC 8292). No I/O."""

import base64
import os
import struct
import time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

RECORD = 4096
MOST = RECORD - 17 - 86
"""The longest message that every push service carries: a record less its padding, tag and header."""
_PROOF_SECONDS = 12 * 3600
_POINT = (Encoding.X962, PublicFormat.UncompressedPoint)


class BadKeys(ValueError):
    """These are no keys of a browser."""


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """Raises BadKeys."""
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except ValueError as fault:
        raise BadKeys("not base64url") from fault


def new_key() -> str:
    """A private key of P-256, as base64url of its number."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return b64(number.to_bytes(32, "big"))


def private_key(key: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unb64(key), "big"), ec.SECP256R1())


def public_key(key: str) -> str:
    """What belongs to a private key, as browsers want it: the point, uncompressed, in base64url."""
    return b64(private_key(key).public_key().public_bytes(*_POINT))


def check_keys(p256dh: str, auth: str) -> None:
    """Raises BadKeys for what is no point of the curve, or no secret of 16 bytes."""
    _point(p256dh)
    if len(unb64(auth)) != 16:
        raise BadKeys("a secret has 16 bytes")


def _point(p256dh: str) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(p256dh))
    except ValueError as fault:
        raise BadKeys("not a point of P-256") from fault


def encrypt(
    plain: bytes,
    p256dh: str,
    auth: str,
    *,
    once: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of a push: at most MOST bytes of `plain`, for the browser of these keys. `once` and `salt` are
    new for each message; they are given where a result is to be compared. Raises BadKeys, ValueError."""
    if len(plain) > MOST:
        raise ValueError("too long for a push")
    once, salt = once or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(16)
    theirs = _point(p256dh)
    ours_raw, theirs_raw = once.public_key().public_bytes(*_POINT), theirs.public_bytes(*_POINT)
    shared = once.exchange(ec.ECDH(), theirs)
    secret = _derived(unb64(auth), shared, b"WebPush: info\0" + theirs_raw + ours_raw, 32)
    key = _derived(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, secret, b"Content-Encoding: nonce\0", 12)
    header = salt + struct.pack("!IB", RECORD, len(ours_raw)) + ours_raw
    return header + AESGCM(key).encrypt(nonce, plain + b"\2", None)


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def proof(endpoint: str, key: str, contact: str) -> str:
    """The header `Authorization` for the push service at `endpoint`; `contact`: mailto: or https:."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + _PROOF_SECONDS,
        "sub": contact,
    }
    numbers = private_key(key).public_key().public_numbers()
    signer = ECKey.import_key(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": b64(numbers.x.to_bytes(32, "big")),
            "y": b64(numbers.y.to_bytes(32, "big")),
            "d": key,
        }
    )
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, signer, algorithms=["ES256"])
    return f"vapid t={token}, k={public_key(key)}"
