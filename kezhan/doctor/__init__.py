"""`kezhan doctor`: what of an installation is well, what is not, and how to mend it, one line each.

Changes nothing and starts nothing. It needs no running server: with the embedded database it looks into the
one that runs, and says so where none does. Called by `cli`.
"""
