"""Sentences for the reader: in her language, with what belongs in them, and never a failure to speak."""

import string
from typing import Any

import msgspec
import pytest

from kezhan.kit.pgfaults import _WORDS, DataFolderBusy, PostgresFault
from kezhan.kit.words import FOLDER, LANGUAGES, choose_language, say


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "zh-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh", "zh-CN"),
        ("ZH-hant-TW", "zh-CN"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en"),
        ("EN", "en"),
        (" en ; q=0.5", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "en"),
        ("de, ja;q=0.9, zh-TW;q=0.1", "zh-CN"),
        ("fr", "zh-CN"),
        ("*", "zh-CN"),
        (";;;,,,", "zh-CN"),
        ("x" * 100_000, "zh-CN"),
        ("\x00en", "zh-CN"),
    ],
)
def test_a_browsers_wish_chooses_the_language_and_chinese_is_the_house_rule(
    accept: str, language: str
) -> None:
    assert choose_language(accept) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_parameters_are_filled_in_as_they_are_and_never_read_as_words_of_ours(language: str) -> None:
    sentence = say(language, "kit.bad_input", why="{why} {0} %s {retry_after.__class__}")
    assert "{why} {0} %s {retry_after.__class__}" in sentence
    assert "7" in say(language, "kit.too_many", retry_after=7)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_parameter_that_is_missing_shows_and_fails_nobody(language: str) -> None:
    assert "{retry_after}" in say(language, "kit.too_many")
    assert "{retry_after}" in say(language, "kit.too_many", other=1)
    assert say(language, "kit.forbidden", spare=1) == say(language, "kit.forbidden")


@pytest.mark.parametrize(
    "code", ["kit", "kit.", ".", "", "kit.nothing", "nowhere.key", "kit.fault.deeper", "kit.fault.", "../x.y"]
)
def test_a_code_without_words_answers_as_itself(code: str) -> None:
    assert {say(language, code) for language in (*LANGUAGES, "fr", "")} == {code}


def test_deeper_keys_are_found_by_their_dots() -> None:
    whole = msgspec.json.decode((FOLDER / "en" / "desk.json").read_bytes())
    deep = [
        (room, key, text)
        for room, part in whole.items()
        if isinstance(part, dict)
        for key, text in part.items()
    ]
    found = [(room, key, text) for room, key, text in deep if isinstance(text, str)]
    assert found
    assert all(say("en", f"desk.{room}.{key}") == text for room, key, text in found)


def _leaves(part: Any, path: str = "") -> dict[str, str]:
    if isinstance(part, str):
        return {path: part}
    return {
        name: text for key, value in part.items() for name, text in _leaves(value, f"{path}.{key}").items()
    }


def holes(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def _sentences(language: str, room: str) -> dict[str, str]:
    return _leaves(msgspec.json.decode((FOLDER / language / f"{room}.json").read_bytes()), room)


SERVER_ROOMS = sorted(
    {path.stem for path in (FOLDER / "en").glob("*.json")} - {"desk", "widget", "widget_thread"}
)


@pytest.mark.parametrize("room", SERVER_ROOMS)
def test_both_languages_say_the_same_things_with_the_same_parameters(room: str) -> None:
    chinese, english = (_sentences(language, room) for language in LANGUAGES)
    assert chinese.keys() == english.keys()
    assert [key for key in chinese if holes(chinese[key]) != holes(english[key])] == []
    named = {hole for text in (*chinese.values(), *english.values()) for hole in holes(text)}
    assert all(name.isidentifier() for name in named), "an index or attribute would reach into objects"


@pytest.mark.parametrize("code", sorted(_WORDS))
def test_a_fault_of_the_database_is_said_in_both_languages_with_all_it_knows(code: str) -> None:
    english, chinese = _WORDS[code]
    assert holes(english) == holes(chinese)
    fault = PostgresFault(code, **{name: f"<{name}>" for name in holes(english)})
    for language, other in (("en", "zh-CN"), ("zh-CN", "en"), ("zh-TW", "en"), ("fr", "zh-CN")):
        assert all(f"<{name}>" in fault.text(language) for name in holes(english))
        assert fault.text(language) != fault.text(other)
    assert str(fault) == fault.text("en")
    assert "{" not in str(fault)


def test_a_busy_folder_names_the_folder_and_who_holds_it() -> None:
    fault = DataFolderBusy("/data/tea", 4711)
    for language in LANGUAGES:
        assert "/data/tea" in fault.text(language)
        assert "4711" in fault.text(language)
