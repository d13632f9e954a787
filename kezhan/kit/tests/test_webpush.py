"""Sealing a push: the RFC's own example, what a browser opens, what is refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from kezhan.kit.webpush import (
    MOST,
    BadKeys,
    b64,
    check_keys,
    encrypt,
    new_key,
    private_key,
    proof,
    public_key,
    unb64,
)

# RFC 8291, appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
    "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_rfc_comes_out_to_the_byte() -> None:
    assert b64(encrypt(PLAIN, RECEIVER, AUTH, once=private_key(SENDER), salt=unb64(SALT))) == BODY


def test_no_two_are_alike_and_the_longest_fits_a_record() -> None:
    one, other = (encrypt(b"x" * MOST, RECEIVER, AUTH) for _ in range(2))
    assert one != other
    assert len(one) == 4096
    with pytest.raises(ValueError, match="too long"):
        encrypt(b"x" * (MOST + 1), RECEIVER, AUTH)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("%%%", AUTH),
        (b64(b"\4" + b"\1" * 64), AUTH),
        (b64(b"\4"), AUTH),
        (RECEIVER, b64(b"short")),
        (RECEIVER, "a"),
    ],
)
def test_what_is_no_key_of_a_browser_is_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(BadKeys):
        check_keys(p256dh, auth)


def test_the_proof_names_the_service_and_is_signed_by_the_key_it_carries() -> None:
    key = new_key()
    scheme, _, rest = proof("https://push.example:8443/a/b?c=d", key, "mailto:a@example.com").partition(" ")
    token, carried = (part.partition("=")[2] for part in rest.split(", "))
    assert (scheme, carried) == ("vapid", public_key(key))
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(carried)).public_numbers()
    x, y = (b64(number.to_bytes(32, "big")) for number in (point.x, point.y))
    seen = jwt.decode(
        token, ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y}), algorithms=["ES256"]
    )
    assert (seen.claims["aud"], seen.claims["sub"]) == ("https://push.example:8443", "mailto:a@example.com")
