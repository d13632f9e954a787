"""WeChat Customer Service."""
