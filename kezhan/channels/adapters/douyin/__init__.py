"""Douyin (抖音私信): the private messages of a business account, over the open platform."""
