"""Tag rules (标签规则): tags put on customers and taken off by what happens with them.

Owns: tag_rules.
Emits: nothing of its own; tags tells of what is put on and taken off, and no rule hears of that.
Called by: wiring (what happens), timeline (the names of rules).
"""
