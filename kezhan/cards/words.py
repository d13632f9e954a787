"""What a card says where only text can be shown: to channels without cards, to lists, to searches. Pure."""

from kezhan.cards.schemas import Card, CardButton, CardContent, OrderCard, PersonCard, PlaceCard


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
    if isinstance(card, PlaceCard):
        return [line for line in (card.title, card.address, point(card.latitude, card.longitude)) if line]
    if isinstance(card, PersonCard):
        return [card.title, card.phone]
    below = getattr(card, "price", "") or getattr(card, "text", "")
    return [line for line in (card.title, below, card.url, card.image_url) if line]


def point(latitude: float, longitude: float) -> str:
    """Six decimals are a hand's breadth."""
    return f"{latitude:.6f}, {longitude:.6f}"


def button_line(button: CardButton) -> str:
    return f"{button.text} {button.url}" if button.url else f"[{button.text}]"
