"""What a card says where only text can be shown: to channels without cards, to lists, to searches. Pure."""

from kezhan.cards.schemas import Card, CardButton, CardContent, OrderCard


def told(text: str, content: CardContent) -> str:
    """The text, the card and the buttons below it, a line for each thing they say."""
    lines = [text, *card_lines(content.card), *map(button_line, content.buttons)]
    return "\n".join(line for line in lines if line)


def card_lines(card: Card | None) -> list[str]:
    if card is None:
        return []
    if isinstance(card, OrderCard):
        head = " · ".join(part for part in (card.number, card.state) if part)
        items = [f"{item.title} × {item.count}" for item in card.items]
        return [line for line in (head, *items, card.total, card.url) if line]
    below = getattr(card, "price", "") or getattr(card, "text", "")
    return [line for line in (card.title, below, card.url, card.image_url) if line]


def button_line(button: CardButton) -> str:
    return f"{button.text} {button.url}" if button.url else f"[{button.text}]"
