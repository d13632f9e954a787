"""The colours people may give to things, by the names of the design tokens."""

from typing import Literal

Colour = Literal["ink", "pine", "amber", "red", "blue", "violet"]
