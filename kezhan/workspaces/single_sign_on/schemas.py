"""What crosses the wire about single sign-on."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.workspaces.schemas import Email, RoleKey

Protocol = Literal["oidc", "saml"]
Domain = Annotated[str, Meta(min_length=3, max_length=253, pattern=r"^[^\s@/]+\.[^\s@/]+$")]


class RoleRule(Struct, frozen=True, kw_only=True):
    """Who has `value` in the claim gets `role`; the first rule that fits counts."""

    value: Annotated[str, Meta(min_length=1, max_length=200)]
    role: RoleKey


class ConnectionEdit(Struct, frozen=True, kw_only=True):
    """The whole connection. `secret` None: the one that is kept stays.

    With OpenID Connect `client_id` is needed, with SAML `sign_on_address` and the `certificates` (PEM) that
    the provider signs with; `issuer` is its entity id then, `role_claim` the name of an attribute."""

    protocol: Protocol = "oidc"
    issuer: Annotated[str, Meta(min_length=1, max_length=500)]
    client_id: Annotated[str, Meta(max_length=500)] = ""
    secret: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    sign_on_address: Annotated[str, Meta(max_length=500)] = ""
    certificates: Annotated[list[Annotated[str, Meta(max_length=10_000)]], Meta(max_length=5)] = []
    sign_requests: bool = False
    enabled: bool = True
    domains: Annotated[list[Domain], Meta(max_length=20)] = []
    required: bool = False
    creates: bool = False
    role: RoleKey = "agent"
    role_claim: Annotated[str, Meta(max_length=100)] = ""
    role_map: Annotated[list[RoleRule], Meta(max_length=50)] = []


class CertificateView(Struct, frozen=True, kw_only=True):
    """`until`: what is signed with it afterwards is not believed."""

    pem: str
    name: str
    until: Instant


class ConnectionView(Struct, frozen=True, kw_only=True):
    """`callback` is what the provider is told to send people back to, `start` an address that begins signing
    in."""

    protocol: str
    issuer: str
    client_id: str
    has_secret: bool
    sign_on_address: str
    certificates: list[CertificateView]
    sign_requests: bool
    enabled: bool
    domains: list[str]
    required: bool
    creates: bool
    role: str
    role_claim: str
    role_map: list[RoleRule]
    callback: str
    start: str


class ConnectionState(Struct, frozen=True):
    """`connection` None: there is none. `callback` as in ConnectionView, for the provider wants it first;
    with SAML it wants `answers` and `metadata`, which is our name there too. `saml`: whether this
    installation can check what such a provider signs."""

    connection: ConnectionView | None
    callback: str
    answers: str
    metadata: str
    saml: bool


class OfferAsk(Struct, frozen=True):
    email: Email


class SignOnOffer(Struct, frozen=True, kw_only=True):
    workspace_id: UUID
    name: str


class SignOnOffers(Struct, frozen=True):
    """By the e-mail's domain alone: whether there is such a person plays no part."""

    items: list[SignOnOffer]
