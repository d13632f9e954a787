"""Every refusal the server can give has words in both languages."""

import ast
import re
from pathlib import Path

from kezhan.kit.words import FOLDER, LANGUAGES, say

ROOT = Path(__file__).parents[1] / "kezhan"
ROOMS = {path.stem for path in (FOLDER / "en").glob("*.json")} - {"desk", "widget"}
REFUSING = {"Refused", "NotFound", "Forbidden", "Refusal", "refuse"}
CODE = re.compile(r"[a-z]+(\.[a-z_]+)+")


def name_of(called: ast.expr) -> str:
    return str(getattr(called, "id", getattr(called, "attr", "")))


def codes() -> set[str]:
    """String literals of the shape room.key given to what refuses, plus those kept in tables of codes."""
    found: set[str] = set()
    for path in ROOT.rglob("*.py"):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) in REFUSING
            ):
                for argument in node.args:
                    for literal in ast.walk(argument):
                        if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
                            found.add(literal.value)
            elif isinstance(node, ast.Dict):
                found |= {
                    value.value
                    for value in node.values
                    if isinstance(value, ast.Constant) and isinstance(value.value, str)
                }
    # A code that ends in an underscore is the beginning of several, put together where it is used.
    whole = {code for code in found if CODE.fullmatch(code) and not code.endswith("_")}
    return {code for code in whole if code.split(".")[0] in ROOMS}


def test_every_code_has_words_in_both_languages() -> None:
    asked = codes()
    assert len(asked) > 60
    missing = [
        (language, code) for language in LANGUAGES for code in sorted(asked) if say(language, code) == code
    ]
    assert missing == []


def test_the_chinese_and_the_english_are_not_the_same_sentence() -> None:
    assert [code for code in codes() if say("zh-CN", code) == say("en", code)] == []
