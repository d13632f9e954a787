"""Tags (标签): short words put on customers and conversations.

Owns: tags, contact_tags, conversation_tags.
Emits: tag.changed, tag.merged, tag.put.
Called by: conversations (tags of a conversation), views (acts on many), tagging (rules), wiring.
"""
