"""DingTalk: the envelope of its callbacks."""
