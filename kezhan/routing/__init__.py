"""Reception: who gets a conversation, the moment a seat is free.

Owns: seats and their states, skills, policies, waiting conversations, offers, what happened to each and why.
Emits: SeatChanged, QueueMoved, QueueUnsettled, ConversationOffered, OfferEnded.
Called by: wiring (in the transaction of what opens, assigns, ends a conversation), the workbench's routes.
"""
