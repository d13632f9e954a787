"""Text messages by Alibaba Cloud (阿里云短信)."""
