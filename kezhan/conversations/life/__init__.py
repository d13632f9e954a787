"""How long a conversation of a channel lives: when silence ends it, and when it goes on after its end."""
