"""WeCom apps."""
