"""Colleagues named in internal notes: who may be named where, and what each has been named in."""
