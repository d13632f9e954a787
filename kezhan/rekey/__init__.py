"""A new key for the installation: all that is sealed is sealed anew under it, while everybody works.

`places.py` is the table of every sealed column, `work.py` goes through it; `kezhan rotate-key` begins it.
"""
