"""The pictures of the scripts, drawn when they are sent: nothing is fetched and no binary is kept."""

import io
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

_SIZE = (720, 540)
_WOOD = ((214, 190, 158), (186, 156, 120))
_LINEN = ((236, 231, 221), (214, 207, 194))
_PAPER = (250, 248, 242)
_INK = (64, 58, 50)
_CLAY = (158, 84, 58)

Draw = ImageDraw.ImageDraw
Colour = tuple[int, int, int]


def _ground(top: Colour, bottom: Colour) -> Image.Image:
    """A table in soft light."""
    strip = Image.new("RGB", (1, 2))
    strip.putpixel((0, 0), top)
    strip.putpixel((0, 1), bottom)
    return strip.resize(_SIZE, Image.Resampling.BICUBIC)


def _shadow(picture: Image.Image, box: tuple[int, int, int, int]) -> None:
    veil = Image.new("L", _SIZE, 0)
    ImageDraw.Draw(veil).ellipse(box, fill=90)
    veil = veil.filter(ImageFilter.GaussianBlur(14))
    picture.paste((70, 52, 34), (0, 0), veil)


def _cup(picture: Image.Image, x: int, y: int, size: int, tea: Colour) -> None:
    _shadow(picture, (x - size, y - size // 3, x + size + 20, y + size))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((x - size, y - size // 2, x + size, y + size // 2 + size // 3), fill=(226, 224, 218))
    pen.ellipse((x - size, y - size // 2 - 6, x + size, y + size // 2), fill=_PAPER)
    inner = size - size // 7
    pen.ellipse((x - inner, y - inner // 2 - 4, x + inner, y + inner // 2 - 4), fill=tea)
    shine = tuple(min(255, part + 28) for part in tea)
    pen.arc((x - inner + 14, y - inner // 2 + 6, x + inner - 14, y + inner // 2 - 14), 190, 250, shine, 5)


def _leaf(pen: Draw, dice: random.Random, x: float, y: float, colour: Colour) -> None:
    length, tilt = dice.uniform(34, 60), dice.uniform(-0.6, 0.6)
    tip, side = (x + length, y + length * tilt), length * 0.13
    pen.polygon([(x, y), (x + length * 0.4, y + length * tilt * 0.4 - side), tip,
                 (x + length * 0.4, y + length * tilt * 0.4 + side)], fill=colour)  # fmt: skip


def _leaves() -> Image.Image:
    picture = _ground(*_LINEN)
    _shadow(picture, (120, 120, 620, 470))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((110, 90, 610, 450), fill=_PAPER, outline=(222, 215, 202), width=6)
    dice = random.Random(7)  # noqa: S311 - the picture is the same each time
    for _ in range(260):
        shade = dice.randint(-18, 18)
        colour = (112 + shade, 132 + shade, 62 + shade // 2)
        _leaf(pen, dice, dice.gauss(340, 75), dice.gauss(268, 52), colour)
    return picture


def _soup(tea: Colour) -> Image.Image:
    picture = _ground(*_WOOD)
    _cup(picture, 360, 290, 190, tea)
    return picture


def _broken_cup() -> Image.Image:
    picture = _ground(*_WOOD)
    _cup(picture, 340, 270, 150, (228, 226, 220))
    pen = ImageDraw.Draw(picture)
    pen.polygon([(430, 165), (520, 190), (500, 330), (415, 300), (450, 240)], fill=(200, 173, 138))
    for shard in ([(545, 380), (620, 362), (600, 430)], [(478, 420), (524, 408), (516, 452)]):
        pen.polygon(shard, fill=_PAPER, outline=(200, 196, 188))
    pen.line([(345, 205), (318, 248), (338, 272), (312, 330)], fill=(120, 112, 100), width=3)
    return picture


def _cake() -> Image.Image:
    picture = _ground(*_LINEN)
    _shadow(picture, (150, 90, 600, 500))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((140, 60, 580, 480), fill=(92, 62, 44))
    dice = random.Random(3)  # noqa: S311 - the picture is the same each time
    for _ in range(420):
        shade = dice.randint(-20, 34)
        x, y = dice.gauss(345, 95), dice.gauss(268, 92)
        if (x - 345) ** 2 + (y - 268) ** 2 < 190**2:
            _leaf(pen, dice, x, y, (98 + shade, 66 + shade, 46 + shade))
    pen.ellipse((318, 232, 404, 306), fill=(74, 49, 35))
    return picture


def _parcel(lines: list[str]) -> Image.Image:
    picture = _ground(*_WOOD)
    _shadow(picture, (110, 90, 650, 500))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((110, 80, 620, 460), fill=(197, 158, 108))
    pen.rectangle((338, 80, 392, 460), fill=(214, 184, 140))
    pen.rectangle((150, 130, 400, 330), fill=_PAPER)
    for row, line in enumerate(lines):
        pen.text((166, 146 + row * 34), line, fill=_INK, font_size=24)
    dice = random.Random(11)  # noqa: S311 - the picture is the same each time
    for bar in range(40):
        pen.rectangle((166 + bar * 5, 278, 166 + bar * 5 + dice.choice((1, 2, 3)), 318), fill=_INK)
    return picture


def _torn_box() -> Image.Image:
    picture = _parcel(["SHAN JIAN TEA", "2 x 250 g"])
    pen = ImageDraw.Draw(picture)
    pen.polygon([(620, 80), (470, 80), (520, 140), (500, 190), (560, 230), (620, 240)], fill=(120, 88, 54))
    pen.line([(470, 80), (520, 140), (500, 190), (560, 230), (620, 240)], fill=(236, 214, 180), width=7)
    return picture


def _teapot() -> Image.Image:
    picture = _ground(*_LINEN)
    _shadow(picture, (170, 330, 600, 470))
    pen = ImageDraw.Draw(picture)
    pen.polygon([(205, 250), (120, 190), (104, 204), (190, 330)], fill=_CLAY)
    pen.arc((470, 180, 620, 370), 250, 110, fill=_CLAY, width=24)
    pen.ellipse((180, 170, 530, 430), fill=_CLAY)
    pen.ellipse((255, 150, 455, 214), fill=(172, 98, 70))
    pen.ellipse((334, 118, 378, 162), fill=(172, 98, 70))
    pen.arc((210, 196, 400, 380), 180, 260, fill=(186, 116, 88), width=6)
    return picture


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "leaves": _leaves,
    "green_soup": lambda: _soup((206, 208, 122)),
    "amber_soup": lambda: _soup((206, 132, 58)),
    "dark_soup": lambda: _soup((112, 44, 26)),
    "cloudy_soup": lambda: _soup((172, 160, 110)),
    "broken_cup": _broken_cup,
    "cake": _cake,
    "wrong_parcel": lambda: _parcel(["JASMINE PEARLS", "100 g  x 1"]),
    "parcel": lambda: _parcel(["LONGJING AAA", "250 g  x 2"]),
    "torn_box": _torn_box,
    "teapot": _teapot,
}


def draw(name: str) -> bytes:
    """The picture as PNG. Raises KeyError for a name that is not in PICTURES."""
    written = io.BytesIO()
    PICTURES[name]().save(written, "PNG", optimize=True)
    return written.getvalue()
