"""DingTalk: a robot people write to, alone or in groups."""
