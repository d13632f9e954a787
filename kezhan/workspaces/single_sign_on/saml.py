"""SAML 2.0 as a service provider: whether an answer is signed, for us, for now, and for what was asked. Only
what was signed is read. The library that checks signatures is an extra (`kezhan[saml]`), loaded when
needed."""

import base64
import binascii
import importlib.util
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from kezhan.kit.log import log
from kezhan.workspaces.single_sign_on.oidc import SignOnFault

SKEW = 120
"""Seconds that the provider's clock may be off."""
_LONGEST = 500_000
_ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_EMAIL = (f"{_CLAIMS}emailaddress", "email", "mail", "emailAddress", "urn:oid:0.9.2342.19200300.100.1.3")
_NAME = (
    "http://schemas.microsoft.com/identity/claims/displayname",
    "displayName",
    "name",
    "urn:oid:2.16.840.1.113730.3.1.241",
)


class Expected(NamedTuple):
    """Of whom an answer is to be, signed by which certificates (PEM), and for whom: our name there
    (`audience`) and the address it comes to (`recipient`)."""

    issuer: str
    certificates: Sequence[str]
    audience: str
    recipient: str


class Answer(NamedTuple):
    """`asked` is the id of the request it answers, `until` (Unix time) when nobody takes it any more;
    `claims` are said as an OpenID provider says them."""

    assertion_id: str
    asked: str
    until: float
    claims: dict[str, Any]


def installed() -> bool:
    return importlib.util.find_spec("signxml") is not None


def read(response: str, expected: Expected, role_claim: str, now: float) -> Answer:
    """Raises SignOnFault."""
    root = _parsed(response)
    if root.tag != f"{{{_PROTOCOL}}}Response":
        raise SignOnFault("bad_response")
    _check_shape(root)
    whole = _signed(root, expected.certificates)
    # Who says who she is stands in `whole` alone; of the rest only what can do no more than refuse is read.
    if root.get("Destination") not in {None, expected.recipient}:
        raise SignOnFault("other_destination")
    status = root.find(f"{{{_PROTOCOL}}}Status/{{{_PROTOCOL}}}StatusCode")
    if status is None or status.get("Value") != _SUCCESS:
        raise SignOnFault("refused_there")
    found = _assertion(whole, expected, role_claim, now)
    if root.get("InResponseTo") not in {None, found.asked}:
        raise SignOnFault("other_request")
    return found


def _parsed(response: str) -> Any:
    from lxml import etree  # noqa: PLC0415 — an extra

    if len(response) > _LONGEST:
        raise SignOnFault("bad_response")
    try:
        raw = base64.b64decode("".join(response.split()), validate=True)
        root = etree.fromstring(raw, parser=_parser())
    except (binascii.Error, ValueError, etree.XMLSyntaxError) as fault:
        raise SignOnFault("bad_response") from fault
    _check_plain(root)
    return root


def _parser() -> Any:
    from lxml import etree  # noqa: PLC0415 — an extra

    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _check_plain(root: Any) -> None:
    """No document type and no entities: nothing that is another thing to another reader."""
    from lxml import etree  # noqa: PLC0415 — an extra

    told = root.getroottree().docinfo
    if told.doctype or told.internalDTD is not None or next(root.iter(etree.Entity), None) is not None:
        raise SignOnFault("bad_response")


def _check_shape(root: Any) -> None:
    """One assertion, where it belongs, and no two things of one name."""
    if next(root.iter(f"{{{_ASSERTION}}}EncryptedAssertion"), None) is not None:
        raise SignOnFault("encrypted")
    assertions = list(root.iter(f"{{{_ASSERTION}}}Assertion"))
    if len(assertions) != 1 or assertions[0].getparent() is not root:
        raise SignOnFault("bad_response")
    ids = [
        value
        for element in root.iter("*")
        for name, value in element.attrib.items()
        if name.lower() == "id" or name.endswith("}id")
    ]
    answers = list(root.iter(f"{{{_PROTOCOL}}}Response"))
    if len(ids) != len(set(ids)) or len(answers) != 1:
        raise SignOnFault("bad_response")


def _signed(root: Any, certificates: Sequence[str]) -> Any:
    """The assertion as it was signed, by itself or with the answer around it."""
    from lxml import etree  # noqa: PLC0415 — an extra
    from signxml.algorithms import DigestAlgorithm, SignatureMethod  # noqa: PLC0415 — an extra
    from signxml.exceptions import SignXMLException  # noqa: PLC0415 — an extra
    from signxml.verifier import SignatureConfiguration, XMLVerifier  # noqa: PLC0415 — an extra

    # Of these the provider alone has the key.
    methods = frozenset(
        method
        for method in SignatureMethod
        if method.name.startswith(("RSA_", "ECDSA_")) and "SHA1" not in method.name
    )
    digests = frozenset(one for one in DigestAlgorithm if one.name in {"SHA256", "SHA384", "SHA512"})
    around = len(root.findall(_SIGNATURE))
    within = root.find(f"{{{_ASSERTION}}}Assertion")
    if around + len(within.findall(_SIGNATURE)) == 0 or around > 1 or len(within.findall(_SIGNATURE)) > 1:
        raise SignOnFault("not_signed")
    place, tag = (
        ("./", f"{{{_PROTOCOL}}}Response")
        if around
        else (
            f"./{{{_ASSERTION}}}Assertion/",
            f"{{{_ASSERTION}}}Assertion",
        )
    )
    config = SignatureConfiguration(
        location=place, signature_methods=methods, digest_algorithms=digests, expect_references=1
    )
    for certificate in certificates:
        try:
            found = XMLVerifier().verify(
                etree.tostring(root), x509_cert=certificate, id_attribute="ID", expect_config=config
            )
        except (SignXMLException, etree.LxmlError, ValueError, TypeError, AttributeError) as fault:
            log.info("workspaces.answer_refused", fault=type(fault).__name__)
            continue
        signed = getattr(found, "signed_xml", None)
        if signed is None or signed.tag != tag:
            raise SignOnFault("bad_signature")
        _check_plain(signed)
        if any(True for _ in signed.iter(etree.Comment, etree.ProcessingInstruction)):
            raise SignOnFault("bad_response")
        if not around:
            return signed
        (assertion,) = signed.findall(f"{{{_ASSERTION}}}Assertion")
        return assertion
    raise SignOnFault("bad_signature")


def _assertion(found: Any, expected: Expected, role_claim: str, now: float) -> Answer:
    if found.get("Version") != "2.0" or not found.get("ID") or _text(found, "Issuer") != expected.issuer:
        raise SignOnFault("other_issuer")
    conditions = found.find(f"{{{_ASSERTION}}}Conditions")
    if conditions is None or not _within(conditions, now):
        raise SignOnFault("stale")
    restrictions = conditions.findall(f"{{{_ASSERTION}}}AudienceRestriction")
    audiences = [
        {(one.text or "").strip() for one in each.findall(f"{{{_ASSERTION}}}Audience")}
        for each in restrictions
    ]
    if not audiences or not all(expected.audience in each for each in audiences):
        raise SignOnFault("other_audience")
    statements = found.findall(f"{{{_ASSERTION}}}AuthnStatement")
    if not statements or any(not _before(one.get("SessionNotOnOrAfter"), now) for one in statements):
        raise SignOnFault("stale")
    asked, until = _confirmed(found, expected, now)
    return Answer(found.get("ID"), asked, until, _claims(found, role_claim))


def _confirmed(found: Any, expected: Expected, now: float) -> tuple[str, float]:
    """The request it answers, and until when it is good."""
    why = "other_recipient"
    for one in found.findall(f"{{{_ASSERTION}}}Subject/{{{_ASSERTION}}}SubjectConfirmation"):
        data = one.find(f"{{{_ASSERTION}}}SubjectConfirmationData")
        if one.get("Method") != _BEARER or data is None or data.get("Recipient") != expected.recipient:
            continue
        end = _time(data.get("NotOnOrAfter"))
        if end is None or data.get("NotBefore") is not None or now >= end + SKEW:
            why = "stale"
        elif not data.get("InResponseTo"):
            why = "not_asked"
        else:
            return data.get("InResponseTo"), end + SKEW
    raise SignOnFault(why)


def _claims(found: Any, role_claim: str) -> dict[str, Any]:
    name = found.find(f"{{{_ASSERTION}}}Subject/{{{_ASSERTION}}}NameID")
    subject = (name.text or "").strip() if name is not None and len(name) == 0 else ""
    if not subject or len(subject) > 255 or name.get("Format") == _TRANSIENT:
        raise SignOnFault("bad_name")
    said: dict[str, list[str]] = {}
    for one in found.findall(f"{{{_ASSERTION}}}AttributeStatement/{{{_ASSERTION}}}Attribute"):
        values = [each.text.strip() for each in one if len(each) == 0 and each.text and each.text.strip()]
        said.setdefault(one.get("Name") or "", []).extend(values)
    email = next((said[key][0] for key in _EMAIL if said.get(key)), subject if "@" in subject else "")
    called = next((said[key][0] for key in _NAME if said.get(key)), "")
    claims: dict[str, Any] = {"sub": subject, "email": email, "name": called}
    return claims | ({role_claim: said.get(role_claim, [])} if role_claim else {})


def _text(found: Any, name: str) -> str:
    one = found.find(f"{{{_ASSERTION}}}{name}")
    return (one.text or "").strip() if one is not None else ""


def _within(conditions: Any, now: float) -> bool:
    begins = _time(conditions.get("NotBefore"))
    if conditions.get("NotBefore") is not None and (begins is None or now < begins - SKEW):
        return False
    return _before(conditions.get("NotOnOrAfter"), now)


def _before(end: str | None, now: float) -> bool:
    if end is None:
        return True
    at = _time(end)
    return at is not None and now < at + SKEW


def _time(said: str | None) -> float | None:
    """Times are UTC (SAML Core §1.3.3)."""
    try:
        at = datetime.fromisoformat(said or "")
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()
