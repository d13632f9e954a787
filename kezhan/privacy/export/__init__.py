"""The whole workspace taken out by its owner: one archive in open formats, made in the background.
`places.py` is the table of what goes out and what stays."""
