"""People brought in as a list: tried without effect, done in steps that a kill does not undo, undone."""
