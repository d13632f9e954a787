"""Xiaohongshu (小红书): private messages by the interface for third parties, which takes a contract. Much of
it is known from one source only."""
