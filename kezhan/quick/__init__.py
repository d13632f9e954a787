"""Quick replies (快捷回复): what is said often, written once; of one person, of a team, or of everybody.

Owns: quick_replies, quick_reply_files, quick_uses, quick_settings.
Emits: nothing.
Called by: channels (filled for a conversation), demo.
"""
