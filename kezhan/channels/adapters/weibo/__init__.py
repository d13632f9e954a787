"""Weibo (微博粉丝服务): the private messages of a verified account, over the fans service."""
