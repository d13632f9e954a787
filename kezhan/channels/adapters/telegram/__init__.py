"""Telegram: a bot's chats, its groups, and the chats of a business account it is connected to."""
