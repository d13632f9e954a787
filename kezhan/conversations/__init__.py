"""Conversations and their messages: the main line of the house.

Owns: conversations, messages, message_keys, marks, drafts; the append lane.
Emits: ConversationOpened, ConversationChanged, MessageAppended, ConversationAssigned, ConversationClosed.
Called by: channels (what customers send), the workbench's routes and socket, wiring.
"""
