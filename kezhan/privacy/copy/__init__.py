"""The copy of all that is kept of somebody, for herself: one archive, for people and for programs."""
