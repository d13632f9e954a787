"""LINE: an official account's chats and groups."""
