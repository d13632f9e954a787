"""Finding messages by their words: taken in after the fact, looked up within what the caller may see."""
