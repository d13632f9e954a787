"""What variables there are, and a text with examples in their place."""

from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.words import say
from kezhan.quick import store
from kezhan.quick.fill import VARIABLES, Facts, check_variables, fill, values_of
from kezhan.quick.schemas import QuickPreview, QuickVariable, QuickVariables
from kezhan.workspaces.authenticate import Caller


async def variables(tx: Tx, caller: Caller, language: str) -> QuickVariables:
    """All there are, in words of that language."""
    values = values_of(await _examples(tx, caller, language), now(), language)
    # messages: quick.variable.*
    return QuickVariables(
        [
            QuickVariable(
                name=name, label=say(language, f"quick.variable.{_key(name)}"), example=values[name]
            )
            for name in VARIABLES
        ]
    )


async def preview(tx: Tx, caller: Caller, body: str, language: str) -> QuickPreview:
    """Raises Refused where a variable does not exist."""
    check_variables(body)
    return QuickPreview(text=fill(body, await _examples(tx, caller, language), now()).text)


def _key(name: str) -> str:
    return name.replace(".", "_")


async def _examples(tx: Tx, caller: Caller, language: str) -> Facts:
    house = await store.example(tx)
    # messages: quick.example.*
    return Facts(
        customer=say(language, "quick.example.customer"),
        number="081672",
        agent=caller.name,
        workspace=house["name"],
        channel=say(language, "quick.example.channel"),
        team=say(language, "quick.example.team"),
        zone=house["time_zone"],
        language=house["language"],
    )
