"""Sensitive words: the workspace's lists, and what becomes of a message that holds one of their words.

Owns: word_lists, word_hits. Emits: WordListsChanged, CustomerSaidWord.
Called by: the append lane of conversations (`live.Screens`), which every message passes.
"""
