"""The chain over the log of a workspace: sealed a moment after writing, checked, cut off at its old end."""
