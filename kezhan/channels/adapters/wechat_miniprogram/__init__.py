"""WeChat mini-programs."""
