"""A SAML provider: written from SAML Core and Bindings 2.0, with the signer of the library that also checks,
and with whatever is wrong where it is told so. Nothing of Kezhan's code is in it."""

import base64
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureMethod
from signxml.signer import XMLSigner

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
ISSUER = "https://idp.example/saml"
SIGN_ON = "https://idp.example/sign-on?tenant=tea"


class SamlProvider:
    """One key and its certificate (PEM)."""

    def __init__(self, **life: int) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
        made = made.public_key(self.key.public_key()).serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=10))
        made = made.not_valid_after(now + timedelta(days=life.get("days", 100)))
        pem = serialization.Encoding.PEM
        self.certificate = made.sign(self.key, hashes.SHA256()).public_bytes(pem).decode()

    def response(
        self,
        *,
        recipient: str,
        audience: str,
        asked: str | None,
        subject: str = "li.wei@tea.example",
        attributes: dict[str, list[str]] | None = None,
        at: float = 0,
        sign: str = "assertion",
        mend: Callable[[Any], None] = lambda root: None,
        spoil: Callable[[Any], None] = lambda root: None,
        method: SignatureMethod = SignatureMethod.RSA_SHA256,
        c14n: CanonicalizationMethod = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        **other: str,
    ) -> Any:
        """`mend` changes what is signed, `spoil` what was signed; `at` is by how many seconds the clock is
        off."""
        now = datetime.now(UTC) + timedelta(seconds=at)
        begin, end = (f"{now + timedelta(seconds=by):%Y-%m-%dT%H:%M:%S.000Z}" for by in (-60, 300))
        answers = f' InResponseTo="{asked}"' if asked else ""
        said = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
            + "</saml:Attribute>"
            for name, values in (attributes or {}).items()
        )
        unique = other.get("id", base64.b16encode(now.isoformat().encode()).decode())
        root = etree.fromstring(
            f'<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_r{unique}" Version="2.0"'
            f' IssueInstant="{begin}" Destination="{other.get("destination", recipient)}"{answers}>'
            f"<saml:Issuer>{ISSUER}</saml:Issuer><samlp:Status><samlp:StatusCode"
            f' Value="{other.get("status", "urn:oasis:names:tc:SAML:2.0:status:Success")}"/></samlp:Status>'
            f'<saml:Assertion ID="_a{unique}" Version="2.0" IssueInstant="{begin}">'
            f"<saml:Issuer>{other.get('issuer', ISSUER)}</saml:Issuer>"
            f'<saml:Subject><saml:NameID Format="{other.get("format", "")}">{subject}</saml:NameID>'
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<saml:SubjectConfirmationData NotOnOrAfter="{end}" Recipient="{recipient}"{answers}/>'
            f'</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{begin}"'
            f' NotOnOrAfter="{end}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience>'
            f'</saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{begin}">'
            "<saml:AuthnContext><saml:AuthnContextClassRef>x</saml:AuthnContextClassRef></saml:AuthnContext>"
            f"</saml:AuthnStatement><saml:AttributeStatement>{said}</saml:AttributeStatement></saml:Assertion>"
            "</samlp:Response>"
        )
        mend(root)
        signer = XMLSigner(signature_algorithm=method, c14n_algorithm=c14n)
        shown: dict[str, Any] = {"key": self.key, "cert": self.certificate}
        if sign == "assertion":
            plain = root.find(f"{{{SAML}}}Assertion")
            signed = signer.sign(plain, reference_uri=plain.get("ID"), id_attribute="ID", **shown)
            root.replace(plain, signed)
        elif sign == "response":
            root = signer.sign(root, reference_uri=root.get("ID"), id_attribute="ID", **shown)
        spoil(root)
        return root


def posted(root: Any) -> str:
    raw = root if isinstance(root, bytes) else etree.tostring(root)
    return base64.b64encode(raw).decode()


def asked_of(address: str) -> tuple[Any, dict[str, str]]:
    """The request in an address, and all of the query."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    return etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"]), -15)), query
