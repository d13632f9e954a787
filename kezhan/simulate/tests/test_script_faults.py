"""A script that cannot be played is refused with the place of the fault; a good one is read as written."""

import datetime
from pathlib import Path

import msgspec
import pytest

from kezhan.simulate.script import Card, PageSeen, Script, Step, read_script, scripts, spoken

HEAD = 'language = "en"\ntopic = "t"\nvoice = "v"\narrives = [{ path = "/", title = "t" }]\n'
STEPS = 'steps = [{ customer = "hi" }, { agent = "hello" }]\n'


def read(folder: Path, text: str) -> Script:
    path = folder / "one.toml"
    path.write_text(text, encoding="utf-8")
    return read_script(path)


def test_a_script_of_the_least_is_read_with_what_goes_without_saying(tmp_path: Path) -> None:
    script = read(tmp_path, HEAD + STEPS)
    assert (script.language, script.referrer, script.campaign, script.typing) == ("en", "", "", 5)
    assert script.screen == "1440x900"
    assert [step.act for step in script.steps] == ["customer", "agent"]
    assert script.arrives[0].seconds == 5


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('language = "en"', 'language = "de"', r"\$\.language"),
        ('language = "en"', "", "language"),
        ('topic = "t"', "", "topic"),
        ('voice = "v"', "voice = 5", r"\$\.voice"),
        ('voice = "v"', 'voice = "v"\nmood = "x"', "mood"),
        ('voice = "v"', 'voice = "v"\nscreen = "wide"', r"\$\.screen"),
        ('voice = "v"', 'voice = "v"\nscreen = "1440x"', r"\$\.screen"),
        ('voice = "v"', 'voice = "v"\ntyping = 0', r"\$\.typing"),
        ('voice = "v"', 'voice = "v"\ntyping = -3', r"\$\.typing"),
        ('voice = "v"', 'voice = "v"\ntyping = "fast"', r"\$\.typing"),
        ('arrives = [{ path = "/", title = "t" }]', "arrives = []", r"\$\.arrives"),
        ('arrives = [{ path = "/", title = "t" }]', "", "arrives"),
        ('path = "/"', 'path = "demo"', r"\$\.arrives\[0\]\.path"),
        ('path = "/"', 'path = "https://other.example/"', r"\$\.arrives\[0\]\.path"),
        ('title = "t"', 'name = "t"', r"\$\.arrives\[0\]"),
        (STEPS, "", "steps"),
        (STEPS, "steps = []", r"\$\.steps"),
        (STEPS, 'steps = [{ customer = "hi" }]', r"\$\.steps"),
    ],
)
def test_a_part_that_is_wrong_is_named(tmp_path: Path, old: str, new: str, place: str) -> None:
    whole = HEAD + STEPS
    assert old in whole
    with pytest.raises(msgspec.ValidationError, match=place):
        read(tmp_path, whole.replace(old, new))


@pytest.mark.parametrize(
    "step",
    [
        "{}",
        "{ pause = 3 }",
        '{ customer = "" }',
        '{ customer = "a", note = "b" }',
        '{ agent = "a", close = true }',
        "{ close = false }",
        "{ customer_recalls = false }",
        '{ customer_shows = "dragon" }',
        '{ agent_shows = "Leaves" }',
        '{ customer_shows = "leaves", customer = "look" }',
        '{ page = { path = "x", title = "t" } }',
        '{ page = { title = "t" } }',
        '{ card = { age = "5" } }',
        '{ custmer = "hi" }',
        "{ customer = 5 }",
        '{ agent = ["a"] }',
        '{ close = "yes" }',
        '{ customer = "hi", pause = "long" }',
    ],
)
def test_a_step_that_is_no_single_act_is_refused_by_its_number(tmp_path: Path, step: str) -> None:
    steps = f'steps = [{{ customer = "hi" }}, {{ agent = "hello" }}, {step}]\n'
    with pytest.raises(msgspec.ValidationError, match=r"\$\.steps\[2\]|\$\.steps\[\.\.\.\]"):
        read(tmp_path, HEAD + steps)


@pytest.mark.parametrize("text", ["steps = [", "= 5", 'a = "\n', "[x]\n[x]\n", "a = 1\na = 2\n"])
def test_what_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        read(tmp_path, text)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bytes.toml"
    path.write_bytes(HEAD.encode() + b'x = "\xff"\n')
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        read_script(path)


@pytest.mark.parametrize(
    ("step", "act", "by"),
    [
        (Step(customer="a"), "customer", "customer"),
        (Step(customer_shows="leaves"), "customer_shows", "customer"),
        (Step(customer_edits="b"), "customer_edits", "customer"),
        (Step(customer_recalls=True), "customer_recalls", "customer"),
        (Step(page=PageSeen(path="/", title="t")), "page", "customer"),
        (Step(agent="a"), "agent", "agent"),
        (Step(agent_shows="teapot"), "agent_shows", "agent"),
        (Step(agent_edits="b"), "agent_edits", "agent"),
        (Step(agent_recalls=True), "agent_recalls", "agent"),
        (Step(note="n", pause=4), "note", "agent"),
        (Step(card=Card(name="n")), "card", "agent"),
        (Step(close=True), "close", "agent"),
    ],
)
def test_each_act_is_the_act_of_one_party(step: Step, act: str, by: str) -> None:
    assert (step.act, step.by) == (act, by)


def _played(*acts: str) -> Script:
    made = {"c": Step(customer="c"), "a": Step(agent="a"), "n": Step(note="n"), "x": Step(close=True)}
    page = PageSeen(path="/", title="t")
    return Script(
        language="en", topic="t", voice="v", arrives=[page],
        steps=[made.get(act) or Step(page=page) for act in acts],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("acts", "waiting", "open_", "closed"),
    [
        ("ca", 1, 1, 2),
        ("ccacax", 2, 4, 6),
        ("pcnac", 2, 5, 5),
        ("cax", 1, 1, 3),
        ("cacp", 1, 4, 4),
    ],
)
def test_a_script_is_cut_where_nobody_has_answered_and_at_the_customers_last_act(
    acts: str, waiting: int, open_: int, closed: int
) -> None:
    script = _played(*acts)
    assert len(script.cut("waiting")) == waiting
    assert len(script.cut("open")) == open_
    assert len(script.cut("closed")) == closed


@pytest.mark.parametrize(
    ("screen", "word"), [("390x844", "Mobile"), ("500x900", "Mobile"), ("501x900", ""), ("1920x1080", "")]
)
def test_a_device_has_a_browser_that_fits_its_screen(tmp_path: Path, screen: str, word: str) -> None:
    script = read(tmp_path, HEAD + f'screen = "{screen}"\n' + STEPS)
    assert ("Mobile" in script.browser) is bool(word)
    assert script.browser == read(tmp_path, HEAD + f'screen = "{screen}"\n' + STEPS).browser


def test_both_is_all_of_both_and_the_long_ones_are_for_the_demo() -> None:
    assert sorted(spoken("zh-CN") + spoken("en")) == sorted(spoken("both"))
    long = set(scripts()) - set(spoken("both"))
    assert long
    assert all(len(scripts()[name].steps) > 60 for name in long)
    assert spoken("") == spoken("EN") == []


def test_no_written_step_asks_anybody_to_wait_for_minutes() -> None:
    longest = datetime.timedelta(minutes=1).total_seconds()
    for name, script in scripts().items():
        assert all(0 <= step.pause <= longest for step in script.steps), name
        assert all(0 <= page.seconds <= longest for page in script.arrives), name
