"""Tags of a conversation."""
