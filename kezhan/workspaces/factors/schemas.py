"""What crosses the wire about second factors. Times are RFC 3339 UTC."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.workspaces.schemas import Name, Password, RoleKey

Method = Literal["password", "passkey", "single_sign_on"]
Factor = Literal["totp", "passkey", "recovery_code"]
Step = Annotated[str, Meta(min_length=1, max_length=100)]
Code = Annotated[str, Meta(min_length=6, max_length=20)]
Credential = Annotated[str, Meta(min_length=2, max_length=16_000)]
"""What a browser's `PublicKeyCredential.toJSON()` gives, as JSON."""


class SecondStep(Struct, frozen=True, kw_only=True):
    """The password was right; `step` is good for ten minutes, once. `options` are what
    `navigator.credentials.get` asks for, as JSON; None where she has no passkey for this address."""

    step: str
    totp: bool
    options: str | None


class StepForm(Struct, frozen=True, kw_only=True):
    """One of the two: the code of an app or a recovery code, or what a passkey has signed."""

    step: Step
    code: Code | None = None
    credential: Credential | None = None


class PasskeyStep(Struct, frozen=True, kw_only=True):
    """`options` for `navigator.credentials`, as JSON."""

    step: str
    options: str


class PasskeySignIn(Struct, frozen=True, kw_only=True):
    step: Step
    credential: Credential


class PasskeyMake(Struct, frozen=True, kw_only=True):
    step: Step
    name: Name
    credential: Credential


class PasskeyView(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    created_at: Instant
    used_at: Instant | None


class FactorsView(Struct, frozen=True, kw_only=True):
    """What the caller has. `due`: when one of her workspaces lets her in no more without any. `proved`: she
    has given her password a moment ago, as every change here asks. `passkeys_work`: this installation's
    address is one that passkeys can be made for."""

    totp: bool
    passkeys: list[PasskeyView]
    codes_left: int
    due: Instant | None
    proved: bool
    passkeys_work: bool


class Proof(Struct, frozen=True):
    password: Password


class TotpOffer(Struct, frozen=True, kw_only=True):
    """`secret` in base32 for typing, `address` (`otpauth://`) for apps, `picture` the same as an SVG."""

    secret: str
    address: str
    picture: str


class TotpCode(Struct, frozen=True):
    code: Code


class RecoveryCodes(Struct, frozen=True):
    """Shown this once; empty where she has some already."""

    codes: list[str]


class FactorRuleItem(Struct, frozen=True, kw_only=True):
    """Members of `role` need a second factor, after `grace_days` to set it up."""

    role: RoleKey
    grace_days: Annotated[int, Meta(ge=0, le=90)]
