"""The published values of WeChat's and WeCom's signatures and ciphers."""

import pytest

from fakes.wechat.crypto import NotOurs, new_key, seal, signature, unseal
from fakes.wechat.envelope import read_xml

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SAMPLE = (
    "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFm"
    "OD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8d"
    "KOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5"
    "RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNP"
    "fUM669WuMyVWQLCzpu9GhglF2PE="
)
CORP_KEY = "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt"
CORP_POST = (
    "Kl7kjoSf6DMD1zh7rtrHjFaDapSCkaOnwu3bqLc5tAybhhMl9pFeK8NslNPVdMwmBQTNoW4mY7AIjeLvEl3NyeTkAgGzBhzTtRLNshw2AEew+kkY"
    "cD+Fq72Kt00fT0WnN87hGrW8SqGc+NcT3mu87Ha3dz1pSDi6GaUA6A0sqfde0VJPQbZ9U+3JWcoD4Z5jaU0y9GSh010wsHF8KZD24YhmZH4ch4Ka"
    "7ilEbjbfvhKkNL65HHL0J6EYJIZUC2pFrdkJ7MhmEbU2qARR4iQHE7wy24qy0cRX3Mfp6iELcDNfSsPGjUQVDGxQDCWjayJOpcwocugux082f49H"
    "KYg84EpHSGXAyh+/oxwaWbvL6aSDPOYuPDGOCI8jmnKiypE+"
)
ECHOES = {
    "W1": (
        "QDG6eK",
        "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
        "wx5823bf96d3bd56c7",
        ("1409659589", "263014780"),
        "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
        "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        b"1616140317555161061",
    ),
    "W2": (
        "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo",
        CORP_KEY,
        "ww1436e0e65a779aee",
        ("1476416373", "47744683"),
        "fsi1xnbH4yQh0+PJxcOdhhK6TDXkjMyhEPA7xB2TGz6b+g7xyAbEkRxN/3cNXW9qdqjnoVzEtpbhnFyq6SVHyA==",
        "012bc692d0a58dd4b10f8dfe5c4ac00ae211ebeb",
        b"1288432023552776189",
    ),
    "W4": (
        "123456",
        "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR",
        "wx49f0ab532d5d035a",
        ("1411443780", "437374425"),
        "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
        "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
        b"5927782489442352469",
    ),
}


def test_v1_plain_signature() -> None:
    assert signature("test", "1410685589", "test") == "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff"


def test_v2_sealed_with_given_random() -> None:
    sealed = seal(ALPHABET, "wxb11529c136998cb6", "我是中文abcd123".encode(), b"aaaabbbbccccdddd")
    assert (
        sealed == "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
    )


def test_v3_signed_and_unsealed() -> None:
    signed = signature("spamtest", "1409735669", "1320562132", SAMPLE)
    assert signed == "5d197aaffba7e9b25a30732f161a50dee96bd5fa"
    fields = read_xml(unseal(ALPHABET, SAMPLE, "wx2c2769f8efd9abc2"))
    assert fields is not None
    assert fields["FromUserName"] == "oyORnuP8q7ou2gfYjqLzSIWZf0rs"
    assert (fields["Content"], fields["MsgId"]) == ("abcdteT", "6054768590064713728")


def test_v4_sorted_and_joined() -> None:
    assert signature("a", "b", "c") == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert signature("123", "345") == "9f537aeb751ec72605f57f94a2f6dc3e3958e1dd"


@pytest.mark.parametrize("name", ECHOES)
def test_echoes_of_wecom(name: str) -> None:
    token, key, corp, (stamp, nonce), echo, signed, plain = ECHOES[name]
    assert signature(token, stamp, nonce, echo) == signed
    assert unseal(key, echo, corp) == plain


def test_w3_a_message_of_wecom() -> None:
    token, _, corp, *_ = ECHOES["W2"]
    assert (
        signature(token, "1476422779", "1597212914", CORP_POST) == "0c3914025cb4b4d68103f6bfc8db550f79dcf48e"
    )
    fields = read_xml(unseal(CORP_KEY, CORP_POST, corp))
    assert fields is not None
    assert (fields["FromUserName"], fields["Content"]) == ("ChenJiaShun", "你好")
    assert (fields["MsgId"], fields["AgentID"]) == ("1456453720", "1000002")


def test_what_is_not_ours() -> None:
    key = new_key()
    sealed = seal(key, "wx1", b"hello")
    assert unseal(key, sealed, "wx1") == b"hello"
    for wrong_key, text, receiver in ((new_key(), sealed, "wx1"), (key, sealed, "wx2"), (key, "AAAA", "wx1")):
        with pytest.raises(NotOurs):
            unseal(wrong_key, text, receiver)
