"""Every published vector of the platform's signatures and seals, by the name it has in our facts."""

import pytest

from kezhan.channels.vendors.tencent.crypto import Unsealable, seal, signature, unseal
from kezhan.channels.vendors.tencent.fields import read, word

LETTERS_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
W1_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
W2_KEY = "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt"
W4_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
V3_SEALED = (
    "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2L"
    "dJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6u"
    "x5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJ"
    "pXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCz"
    "pu9GhglF2PE="
)
W1_ECHO = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
W2_ECHO = "fsi1xnbH4yQh0+PJxcOdhhK6TDXkjMyhEPA7xB2TGz6b+g7xyAbEkRxN/3cNXW9qdqjnoVzEtpbhnFyq6SVHyA=="
W3_SEALED = (
    "Kl7kjoSf6DMD1zh7rtrHjFaDapSCkaOnwu3bqLc5tAybhhMl9pFeK8NslNPVdMwmBQTNoW4mY7AIjeLvEl3NyeTkAgGzBhzTtRLNshw2"
    "AEew+kkYcD+Fq72Kt00fT0WnN87hGrW8SqGc+NcT3mu87Ha3dz1pSDi6GaUA6A0sqfde0VJPQbZ9U+3JWcoD4Z5jaU0y9GSh010wsHF8"
    "KZD24YhmZH4ch4Ka7ilEbjbfvhKkNL65HHL0J6EYJIZUC2pFrdkJ7MhmEbU2qARR4iQHE7wy24qy0cRX3Mfp6iELcDNfSsPGjUQVDGxQ"
    "DCWjayJOpcwocugux082f49HKYg84EpHSGXAyh+/oxwaWbvL6aSDPOYuPDGOCI8jmnKiypE+"
)
W4_SEALED = (
    "9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk+j3nba4HMOTzHrluLBYqxgNcBqGsL8GqxlhZgURn"
    "AtObvesEl5nZ+uBE8bviY0LWke8Zy9V/QYKxNV2FqllNXcfmstttyIkMKCCmVbCFM2JTF5wY0nFhHZSjPUL2Q1qvSUCUld+/WIXrx0oy"
    "KQmpB6o8NRrrNrsDf03oxI1p9FxUgMnwKKZeOA/uu+2IEvEBtb7muXsVbwbgX05UPPJvFurDXafG0RQyPR+mf1nDnAtQmmNOuiR5MIkd"
    "Q39xn1vWwi1O5oazPoQJz0nTYjxxEE8kv3kFxtAGVRe3ypD3WeK2XeFYFMNMpatF9XiKzHo3"
)
W4_ECHO = "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q=="


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(("test", "1410685589", "test"), "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff", id="V1"),
        pytest.param(
            ("spamtest", "1409735669", "1320562132", V3_SEALED),
            "5d197aaffba7e9b25a30732f161a50dee96bd5fa",
            id="V3",
        ),
        pytest.param(("a", "b", "c"), "a9993e364706816aba3e25717850c26c9cd0d89d", id="V4"),
        pytest.param(("c", "a", "b"), "a9993e364706816aba3e25717850c26c9cd0d89d", id="V4-sorted"),
        pytest.param(("123", "345"), "9f537aeb751ec72605f57f94a2f6dc3e3958e1dd", id="V4-numbers"),
        pytest.param(
            ("QDG6eK", "1409659589", "263014780", W1_ECHO),
            "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
            id="W1",
        ),
        pytest.param(
            ("hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo", "1476416373", "47744683", W2_ECHO),
            "012bc692d0a58dd4b10f8dfe5c4ac00ae211ebeb",
            id="W2",
        ),
        pytest.param(
            ("hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo", "1476422779", "1597212914", W3_SEALED),
            "0c3914025cb4b4d68103f6bfc8db550f79dcf48e",
            id="W3",
        ),
        pytest.param(
            ("123456", "1411525903", "461056294", W4_SEALED),
            "407518b7649e86ef23978113f92d27afa9296533",
            id="W4",
        ),
        pytest.param(
            ("123456", "1411443780", "437374425", W4_ECHO),
            "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
            id="W4-echo",
        ),
    ],
)
def test_signatures(words: tuple[str, ...], expected: str) -> None:
    assert signature(*words) == expected


def test_v2_sealing_with_a_fixed_random() -> None:
    sealed = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
    content = "我是中文abcd123".encode()
    assert seal(LETTERS_KEY, "wxb11529c136998cb6", content, b"aaaabbbbccccdddd") == sealed
    assert unseal(LETTERS_KEY, "wxb11529c136998cb6", sealed) == content


def test_v3_opening() -> None:
    found = read(unseal(LETTERS_KEY, "wx2c2769f8efd9abc2", V3_SEALED))
    assert found is not None
    assert word(found, "FromUserName") == "oyORnuP8q7ou2gfYjqLzSIWZf0rs"
    assert (word(found, "Content"), word(found, "MsgId")) == ("abcdteT", "6054768590064713728")


def test_w1_w2_w4_opening_an_echo() -> None:
    assert unseal(W1_KEY, "wx5823bf96d3bd56c7", W1_ECHO) == b"1616140317555161061"
    assert unseal(W2_KEY, "ww1436e0e65a779aee", W2_ECHO) == b"1288432023552776189"
    assert unseal(W4_KEY, "wx49f0ab532d5d035a", W4_ECHO) == b"5927782489442352469"


def test_w3_opening() -> None:
    found = read(unseal(W2_KEY, "ww1436e0e65a779aee", W3_SEALED))
    assert found is not None
    assert (word(found, "FromUserName"), word(found, "Content")) == ("ChenJiaShun", "你好")
    assert (word(found, "MsgId"), word(found, "AgentID")) == ("1456453720", "1000002")


def test_w4_sealing_with_a_fixed_random() -> None:
    content = (
        b"<xml>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[test]]></Content>\n"
        b"<FromUserName><![CDATA[wx49f0ab532d5d035a]]></FromUserName>\n"
        b"<ToUserName><![CDATA[messense]]></ToUserName>\n<AgentID>1</AgentID>\n"
        b"<CreateTime>1411525903</CreateTime>\n</xml>"
    )
    assert seal(W4_KEY, "wx49f0ab532d5d035a", content, b"1234567890123456") == W4_SEALED


@pytest.mark.parametrize("size", range(70))
def test_a_content_of_any_length_comes_back(size: int) -> None:
    content = bytes(range(size))
    assert unseal(LETTERS_KEY, "wx1", seal(LETTERS_KEY, "wx1", content, b"r" * 16)) == content


@pytest.mark.parametrize(
    "sealed", ["", "====", "AAAA", "@" * 88, V3_SEALED[:-24], V3_SEALED[24:], W3_SEALED, "我" * 44]
)
def test_what_is_not_sealed_by_this_key_is_told(sealed: str) -> None:
    with pytest.raises(Unsealable):
        unseal(LETTERS_KEY, "wx2c2769f8efd9abc2", sealed)


@pytest.mark.parametrize("key", ["", "short", "=" * 43, "我" * 43])
def test_a_key_that_is_none_opens_nothing(key: str) -> None:
    with pytest.raises(Unsealable):
        unseal(key, "wx2c2769f8efd9abc2", V3_SEALED)


@pytest.mark.parametrize("receiver", ["", "wx2c2769f8efd9abc", "wx2c2769f8efd9abc23"])
def test_what_is_sealed_for_another_is_not_opened(receiver: str) -> None:
    with pytest.raises(Unsealable, match="somebody else"):
        unseal(LETTERS_KEY, receiver, V3_SEALED)
