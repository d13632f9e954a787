"""Conversations that wait: how they come in, who gets them, what they are offered, how they leave."""
