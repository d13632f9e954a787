"""Robots of WeCom."""
