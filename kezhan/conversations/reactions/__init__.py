"""Reactions: an emoji of each party below a message."""
