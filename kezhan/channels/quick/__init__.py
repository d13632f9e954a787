"""Quick replies in a conversation: what is known there fills them."""
