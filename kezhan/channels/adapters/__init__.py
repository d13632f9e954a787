"""The adapters, one folder each. They are strangers to each other and see `channels.base` and `kit` only."""
