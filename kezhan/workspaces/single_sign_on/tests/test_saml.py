"""SAML: attacks on what a provider says, one by one, and the way there and back as a browser goes it."""

import base64
import copy
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.single_sign_on import saml
from kezhan.workspaces.single_sign_on.oidc import SignOnFault
from kezhan.workspaces.tests.factories import PASSWORD, Person, actions, make_person, member_client

pytest.importorskip("signxml", reason="the extra saml is not installed")

from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureMethod

from kezhan.workspaces.single_sign_on.tests.saml_provider import (
    ISSUER,
    SAML,
    SAMLP,
    SIGN_ON,
    SamlProvider,
    asked_of,
    posted,
)

IDP, OTHER = SamlProvider(), SamlProvider()
US = "https://desk.example/saml/metadata"
HERE = "https://desk.example/saml"
EXPECTED = saml.Expected(ISSUER, [OTHER.certificate, IDP.certificate], US, HERE)
USUAL: dict[str, Any] = {"recipient": HERE, "audience": US, "asked": "_q"}
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
_Root = Any


def _assertion(root: _Root) -> _Root:
    return root.find(f".//{{{SAML}}}Assertion")


def _evil(root: _Root) -> _Root:
    """An unsigned copy of the assertion that says somebody else."""
    copied = copy.deepcopy(_assertion(root))
    copied.set("ID", "_evil")
    copied.find(f".//{{{SAML}}}NameID").text = "owner@tea.example"
    for signature in copied.findall(f"{DSIG}Signature"):
        copied.remove(signature)
    return copied


def _beside(root: _Root) -> None:
    root.insert(2, _evil(root))


def _around(root: _Root) -> None:
    """The signed one inside the other, which stands where the signed one stood."""
    signed, evil = _assertion(root), _evil(root)
    root.replace(signed, evil)
    evil.append(signed)


def _in_the_signature(root: _Root) -> None:
    signed, evil = _assertion(root), _evil(root)
    root.replace(signed, evil)
    signature = signed.find(f"{DSIG}Signature")
    signed.remove(signature)
    evil.insert(1, signature)
    held = etree.SubElement(signature, f"{DSIG}Object")
    held.append(signed)


def _in_an_extension(root: _Root) -> None:
    signed, evil = _assertion(root), _evil(root)
    root.replace(signed, evil)
    signature = copy.deepcopy(signed.find(f"{DSIG}Signature"))
    evil.insert(1, signature)
    etree.SubElement(root, f"{{{SAMLP}}}Extensions").append(signed)


def _same_id(root: _Root) -> None:
    _beside(root)
    root[2].set("ID", _assertion(root).get("ID"))


def _whole_in_another(root: _Root) -> None:
    inner = copy.deepcopy(root)
    for child in list(root):
        root.remove(child)
    root.append(_evil(inner))
    etree.SubElement(root, f"{{{SAMLP}}}Extensions").append(inner)


def _renamed(root: _Root) -> None:
    _assertion(root).find(f".//{{{SAML}}}NameID").text = "owner@tea.example"


def _extended(root: _Root) -> None:
    conditions = _assertion(root).find(f"{{{SAML}}}Conditions")
    conditions.set("NotOnOrAfter", "2099-01-01T00:00:00Z")


def _drop(path: str) -> Callable[[_Root], None]:
    def drop(root: _Root) -> None:
        for one in root.findall(f".//{{{SAML}}}{path}"):
            one.getparent().remove(one)

    return drop


def _encrypted(root: _Root) -> None:
    etree.SubElement(root, f"{{{SAML}}}EncryptedAssertion")


def _commented(root: _Root) -> None:
    name = root.find(f".//{{{SAML}}}NameID")
    name.text = "owner@tea.example"
    name.append(etree.Comment("x"))
    name[0].tail = ".evil.example"


# what → how it is made, why it is refused
ATTACKS: dict[str, tuple[dict[str, Any], str]] = {
    "unsigned": ({"sign": ""}, "not_signed"),
    "changed": ({"spoil": _renamed}, "bad_signature"),
    "made to last": ({"spoil": _extended}, "bad_signature"),
    "wrapped beside": ({"spoil": _beside}, "bad_response"),
    "wrapped around": ({"spoil": _around}, "bad_response"),
    "wrapped in the signature": ({"spoil": _in_the_signature}, "bad_response"),
    "wrapped in an extension": ({"spoil": _in_an_extension}, "bad_response"),
    "two of one id": ({"spoil": _same_id}, "bad_response"),
    "one answer in another": ({"sign": "response", "spoil": _whole_in_another}, "bad_response"),
    "changed within a signed answer": ({"sign": "response", "spoil": _renamed}, "bad_signature"),
    "with a second one beside, encrypted": ({"spoil": _encrypted}, "encrypted"),
    "a shared secret": ({"method": SignatureMethod.HMAC_SHA256}, "bad_signature"),
    "another's audience": ({"audience": "https://other.example"}, "other_audience"),
    "no audience": ({"mend": _drop("AudienceRestriction")}, "other_audience"),
    "another's recipient": ({"recipient": "https://other.example", "destination": HERE}, "other_recipient"),
    "another's destination": ({"destination": "https://other.example"}, "other_destination"),
    "another issuer": ({"issuer": "https://other.example"}, "other_issuer"),
    "nobody asked": ({"asked": None}, "not_asked"),
    "over": ({"at": -500}, "stale"),
    "not yet": ({"at": 300}, "stale"),
    "no conditions": ({"mend": _drop("Conditions")}, "stale"),
    "nobody signed in": ({"mend": _drop("AuthnStatement")}, "stale"),
    "refused there": ({"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"}, "refused_there"),
    "a name for once": ({"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}, "bad_name"),
    "no name": ({"subject": " "}, "bad_name"),
    "comments that are signed": (
        {
            "mend": _commented,
            "c14n": CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0_WITH_COMMENTS,
        },
        "bad_response",
    ),
}


def _read(root: Any, now: float = 0.0) -> saml.Answer:
    return saml.read(posted(root), EXPECTED, "groups", time.time() + now)


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_not_right_vouches_for_nobody(name: str) -> None:
    made, why = ATTACKS[name]
    more: dict[str, Any] = {**USUAL, **made}
    if name == "a shared secret":
        root = IDP.response(**USUAL)
        root.find(f".//{DSIG}SignatureMethod").set("Algorithm", more["method"].value)
    else:
        root = IDP.response(**more)
    with pytest.raises(SignOnFault) as fault:
        _read(root)
    assert fault.value.why == why


def test_what_is_right_is_read_as_it_was_signed() -> None:
    attributes = {"email": ["li@tea.example"], "displayName": ["李伟"], "groups": ["a", "b"]}
    for sign in ("assertion", "response"):
        for at in (-100, 0, 100):  # clocks differ
            found = _read(IDP.response(**USUAL, sign=sign, attributes=attributes, at=at))
            assert found.asked == "_q" and found.claims == {
                "sub": "li.wei@tea.example",
                "email": "li@tea.example",
                "name": "李伟",
                "groups": ["a", "b"],
            }
    # What stands around a comment is one name, whatever others make of it.
    assert _read(IDP.response(**USUAL, mend=_commented)).claims["sub"] == "owner@tea.example.evil.example"
    stranger = SamlProvider().response(**USUAL)
    expired = SamlProvider(days=-1)
    lapsed = EXPECTED._replace(certificates=[expired.certificate])
    for root, expected in ((stranger, EXPECTED), (expired.response(**USUAL), lapsed)):
        with pytest.raises(SignOnFault, match="bad_signature"):
            saml.read(posted(root), expected, "", time.time())


def test_what_is_no_answer_is_none() -> None:
    text = etree.tostring(IDP.response(**USUAL)).decode()
    named = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    for raw in (
        (named + text.replace("li.wei@tea.example", "&x;")).encode(),
        (named + text).encode(),
        b'<!DOCTYPE r SYSTEM "https://evil.example/x.dtd">' + text.encode(),
        b"<a/>",
        b"<a",
        b"",
    ):
        with pytest.raises(SignOnFault):
            saml.read(posted(raw), EXPECTED, "", time.time())
    for response in ("%%%", "", "A" * 600_000):
        with pytest.raises(SignOnFault):
            saml.read(response, EXPECTED, "", time.time())


# From the door


class Door(NamedTuple):
    house: Running
    owner: Person
    desk: httpx2.AsyncClient
    state: dict[str, Any]

    async def begun(self, to: str = "/contacts") -> tuple[httpx2.AsyncClient, Any, dict[str, str]]:
        """A browser that was sent to the provider, with what it carries there."""
        browser = await self.house.client()
        went = await browser.get(f"/api/single-sign-on/{self.owner.workspace_id}", params={"to": to})
        assert went.headers["location"].startswith(f"{SIGN_ON}&SAMLRequest="), went.headers
        return browser, *asked_of(went.headers["location"])

    def answer(self, asked: str | None, **more: Any) -> str:
        usual = {"recipient": self.state["answers"], "audience": self.state["metadata"], "asked": asked}
        return posted(IDP.response(**{**usual, **more}))

    async def post(self, response: str, relay: str) -> str:
        """Where another site's form leads; it comes without cookies."""
        form = {"SAMLResponse": response, "RelayState": relay}
        path = urlsplit(self.state["answers"]).path
        answer = await (await self.house.client()).post(path, data=form)
        return str(answer.headers["location"])


async def connected(house: Running, **more: Any) -> Door:
    owner, desk = await member_client(house)
    form = {"protocol": "saml", "issuer": ISSUER, "sign_on_address": SIGN_ON}
    kept = await desk.put(
        "/api/workspace/single-sign-on", json={**form, "certificates": [IDP.certificate], **more}
    )
    assert kept.status_code == 200, kept.text
    return Door(house, owner, desk, kept.json())


def _fault(place: str) -> str:
    return parse_qs(urlsplit(place).query).get("fault", [""])[0]


async def test_a_member_comes_in_and_nobody_with_her_answer(house: Running) -> None:
    door = await connected(house, domains=["tea.example"], creates=True, role_claim="groups")
    browser, request, query = await door.begun()
    assert request.get("AssertionConsumerServiceURL") == door.state["answers"]
    assert request.findtext(f"{{{SAML}}}Issuer") == door.state["metadata"] and "Signature" not in query
    subject = f"{new_id().hex}@tea.example"
    response = door.answer(request.get("ID"), subject=subject, attributes={"name": ["李伟"]})
    place = await door.post(response, query["RelayState"])
    assert place.startswith("/api/single-sign-on/saml?ticket=")
    # Another browser, a made-up ticket, an answer to something else: nobody.
    stranger, other, _ = await door.begun()
    assert _fault((await stranger.get(place)).headers["location"]) == "workspaces.step_over"
    for wrong in (place.replace("ticket=", "ticket=A"), place.replace("state=", "state=x")):
        fresh = await house.client()
        fresh.cookies.update(browser.cookies)
        assert _fault((await fresh.get(wrong)).headers["location"]) == "workspaces.step_over"
    foreign = await door.post(door.answer(other.get("ID"), subject=subject), query["RelayState"])
    fresh = await house.client()
    fresh.cookies.update(browser.cookies)
    assert _fault((await fresh.get(foreign)).headers["location"]) == "workspaces.step_over"
    came = await browser.get(place)
    assert came.headers["location"] == "/contacts"
    me = (await browser.get("/api/me")).json()
    assert (me["name"], me["role"], me["method"]) == ("李伟", "agent", "single_sign_on")
    # The same answer again opens nothing, in this browser either.
    assert _fault((await browser.get(place)).headers["location"]) == "workspaces.step_over"
    assert _fault(await door.post(response, query["RelayState"])) == "workspaces.not_vouched"
    for bad in (door.answer(None), door.answer("_q", audience="x"), "", "%"):
        assert _fault(await door.post(bad, "x")) == "workspaces.not_vouched"
    log = await actions(house, door.owner.workspace_id)
    assert (log.count("session.refuse"), log.count("member.join")) == (5, 1)
    assert _fault(await door.post("A" * 1_100_000, "x")) == "workspaces.not_vouched"


async def test_roles_and_domains_are_as_with_openid(house: Running) -> None:
    rules = [{"value": "leads", "role": "supervisor"}]
    more = {"creates": True, "role_claim": "groups", "role_map": rules, "required": True}
    door = await connected(house, domains=["example.com"], **more)
    member = await make_person(house.db, door.owner.workspace_id)
    refused = await (await house.client()).post(
        "/api/session", json={"email": member.email, "password": PASSWORD}
    )
    assert refused.json()["code"] == "workspaces.single_sign_on_needed"
    for subject, fault, role in (
        (f"{new_id().hex}@example.com", "", "supervisor"),
        (f"{new_id().hex}@elsewhere.example", "workspaces.not_a_member", ""),
    ):
        browser, request, query = await door.begun()
        groups = {"groups": ["staff", "leads"]}
        place = await door.post(
            door.answer(request.get("ID"), subject=subject, attributes=groups), query["RelayState"]
        )
        assert _fault((await browser.get(place)).headers["location"]) == fault
        if role:
            assert (await browser.get("/api/me")).json()["role"] == role


async def test_requests_are_signed_where_the_provider_wants_it(house: Running) -> None:
    door = await connected(house, sign_requests=True)
    _, _, query = await door.begun()
    metadata = await (await house.client()).get(urlsplit(door.state["metadata"]).path)
    page = etree.fromstring(metadata.content)
    assert page.get("entityID") == door.state["metadata"]
    body = page.findtext(f".//{DSIG}X509Certificate")
    key = x509.load_der_x509_certificate(base64.b64decode(body or "")).public_key()
    browser = await house.client()
    went = await browser.get(f"/api/single-sign-on/{door.owner.workspace_id}")
    raw = urlsplit(went.headers["location"]).query
    signed, _, _ = raw[raw.index("SAMLRequest=") :].partition("&Signature=")
    signature = base64.b64decode(asked_of(went.headers["location"])[1]["Signature"])
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert query["SigAlg"].endswith("rsa-sha256")
    shown = await door.desk.get("/api/workspace/single-sign-on")
    assert (
        "PRIVATE" not in shown.text
        and shown.json()["connection"]["certificates"][0]["name"] == "CN=idp.example"
    )
    unknown = await browser.get(f"/api/single-sign-on/{new_id()}/saml/metadata")
    assert unknown.status_code == 200 and "KeyDescriptor" not in unknown.text


async def test_what_cannot_be_used_is_not_kept(house: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, desk = await member_client(house)
    good = {
        "protocol": "saml",
        "issuer": ISSUER,
        "sign_on_address": SIGN_ON,
        "certificates": [IDP.certificate],
    }
    for wrong, field in (
        ({"sign_on_address": "http://idp.example/x"}, "sign_on_address"),
        ({"sign_on_address": "javascript:alert(1)"}, "sign_on_address"),
        ({"certificates": []}, "certificates"),
        ({"certificates": ["no certificate"]}, "certificates"),
        ({"role": "owner"}, "role"),
        ({"protocol": "oidc"}, "client_id"),
    ):
        answer = await desk.put("/api/workspace/single-sign-on", json={**good, **wrong})
        assert (answer.status_code, answer.json()["field"]) == (400, field), wrong
    _, admin = await member_client(house, "admin", owner.workspace_id)
    assert (await admin.put("/api/workspace/single-sign-on", json=good)).status_code == 403
    bare = "".join(line for line in IDP.certificate.splitlines() if "-----" not in line)
    for certificate in (IDP.certificate, bare):
        kept = await desk.put("/api/workspace/single-sign-on", json={**good, "certificates": [certificate]})
        assert kept.json()["connection"]["certificates"][0]["pem"] == IDP.certificate
    assert (await actions(house, owner.workspace_id)).count("access.edit") == 1
    monkeypatch.setattr(saml, "installed", lambda: False)
    assert (await desk.get("/api/workspace/single-sign-on")).json()["saml"] is False
    answer = await desk.put("/api/workspace/single-sign-on", json=good)
    assert (answer.status_code, answer.json()["code"]) == (409, "workspaces.saml_missing")
