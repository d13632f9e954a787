"""SAML 2.0: what a provider is asked, and what it is told of us."""

import base64
import secrets
import time
import zlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote, urlsplit
from uuid import UUID
from xml.sax.saxutils import quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from kezhan.workspaces.single_sign_on.oidc import Begun

_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
_ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_YEARS = 10


class Place(NamedTuple):
    """We, as the provider knows us: our name there, which is the address of the metadata, and where answers
    go."""

    name: str
    answers: str


class Signing(NamedTuple):
    """PEM."""

    key: bytes
    certificate: str


def place_of(origin: str, workspace_id: UUID) -> Place:
    base = f"{origin}/api/single-sign-on/{workspace_id}/saml"
    return Place(f"{base}/metadata", base)


def new_signing(name: str) -> Signing:
    """A key of our own, with the certificate that shows it."""
    key = rsa.generate_private_key(65537, 3072)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, urlsplit(name).hostname or "kezhan")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return Signing(private, made.public_bytes(serialization.Encoding.PEM).decode())


def begin(
    address: str, place: Place, workspace_id: str, to: str, signing_key: bytes | None
) -> tuple[Begun, str]:
    """What to keep, and the address of the provider to send the browser to; signed with `signing_key`."""
    begun = Begun(
        workspace_id=workspace_id,
        state=secrets.token_urlsafe(24),
        nonce=f"_{secrets.token_hex(20)}",
        verifier="",
        to=to,
        at=time.time(),
    )
    request = (
        f'<samlp:AuthnRequest xmlns:samlp="{_PROTOCOL}" xmlns:saml="{_ASSERTION}" ID="{begun.nonce}"'
        f' Version="2.0" IssueInstant="{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"'
        f" Destination={quoteattr(address)} AssertionConsumerServiceURL={quoteattr(place.answers)}"
        f' ProtocolBinding="{_POST}"><saml:Issuer>{_escaped(place.name)}</saml:Issuer></samlp:AuthnRequest>'
    )
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(request.encode()) + packer.flush()
    query = f"SAMLRequest={quote(base64.b64encode(packed), safe='')}&RelayState={quote(begun.state, safe='')}"
    if signing_key is not None:
        query += f"&SigAlg={quote(_RSA_SHA256, safe='')}"
        key = serialization.load_pem_private_key(signing_key, None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("the key that signs requests is RSA")
        signature = key.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
        query += f"&Signature={quote(base64.b64encode(signature), safe='')}"
    return begun, f"{address}{'&' if urlsplit(address).query else '?'}{query}"


def metadata(place: Place, certificate: str) -> str:
    """The page a provider reads to know us; `certificate` (PEM) where requests are signed."""
    body = "".join(line for line in certificate.splitlines() if "-----" not in line)
    key = (
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{_DSIG}"><ds:X509Data><ds:X509Certificate>'
        f"{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        if body
        else ""
    )
    signed = "true" if body else "false"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<md:EntityDescriptor xmlns:md="{_METADATA}" entityID={quoteattr(place.name)}>'
        f'<md:SPSSODescriptor AuthnRequestsSigned="{signed}" WantAssertionsSigned="true"'
        f' protocolSupportEnumeration="{_PROTOCOL}">{key}'
        f'<md:AssertionConsumerService Binding="{_POST}" Location={quoteattr(place.answers)} index="0"'
        ' isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>\n'
    )


def _escaped(text: str) -> str:
    return quoteattr(text)[1:-1]
