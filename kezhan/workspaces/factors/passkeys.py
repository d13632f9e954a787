"""WebAuthn: what a browser is asked for, and whether what it answers is true."""

import ipaddress
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from sqlalchemy import Row
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from kezhan.settings import Settings

_MILLISECONDS = 300_000


class Site(NamedTuple):
    """The address in the browser: passkeys are bound to its host `name`. They work by names only, and on the
    open net with TLS only."""

    origin: str
    name: str

    @property
    def works(self) -> bool:
        try:
            ipaddress.ip_address(self.name.strip("[]"))
        except ValueError:
            return bool(self.name) and (self.origin.startswith("https://") or self.name == "localhost")
        return False


class Made(NamedTuple):
    credential_id: bytes
    public_key: bytes
    sign_count: int


class Shown(NamedTuple):
    """`verified`: the device has made sure, by finger, face or PIN, that it is she."""

    sign_count: int
    verified: bool


def site_of(settings: Settings, headers: Mapping[str, str]) -> Site:
    """Without a public address it is the one that the browser says, whose Origin was checked."""
    origin = settings.address if settings.public_url else headers.get("origin", "")
    if not origin:
        scheme = "https" if settings.secure else "http"
        origin = f"{scheme}://{headers.get('host', '')}"
    parts = urlsplit(origin.lower())
    return Site(f"{parts.scheme}://{parts.netloc}", parts.hostname or "")


def offer(site: Site, user_id: UUID, email: str, name: str, has: Sequence[Row[Any]]) -> tuple[bytes, str]:
    """The challenge and the options to make one with; none is made on a device that `has` one."""
    options = webauthn.generate_registration_options(
        rp_id=site.name,
        rp_name="Kezhan",
        user_id=user_id.bytes,
        user_name=email,
        user_display_name=name,
        timeout=_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_named(has),
    )
    return options.challenge, webauthn.options_to_json(options)


def ask(site: Site, has: Sequence[Row[Any]], *, alone: bool) -> tuple[bytes, str]:
    """The challenge and the options to show one with. `alone`: in place of the password, so the device must
    make sure that it is she."""
    wanted = UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED
    options = webauthn.generate_authentication_options(
        rp_id=site.name, timeout=_MILLISECONDS, allow_credentials=_named(has), user_verification=wanted
    )
    return options.challenge, webauthn.options_to_json(options)


def _named(rows: Sequence[Row[Any]]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=row.credential_id) for row in rows]


def made(site: Site, challenge: bytes, credential: str) -> Made | None:
    """What a browser has made; None where it is not what was asked for."""
    try:
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Made(found.credential_id, found.credential_public_key, found.sign_count)


def credential_id_of(credential: str) -> bytes:
    """Which one it says it is; empty where it says nothing."""
    try:
        said = json.loads(credential)["rawId"]
        return base64url_to_bytes(said) if isinstance(said, str) else b""
    except (ValueError, KeyError, TypeError, RecursionError):
        return b""


def shown(site: Site, challenge: bytes, credential: str, kept: Row[Any], *, alone: bool) -> Shown | None:
    """What a passkey has signed; None where it is not what was asked for, or a copy of the key was used."""
    try:
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=kept.public_key,
            credential_current_sign_count=kept.sign_count,
            require_user_verification=alone,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Shown(found.new_sign_count, found.user_verified)
