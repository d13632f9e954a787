"""Feishu and Lark: a robot people write to, alone or in groups."""
