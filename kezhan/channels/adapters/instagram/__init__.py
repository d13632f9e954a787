"""Instagram: the direct messages of a professional account, through its page or by its own login."""
