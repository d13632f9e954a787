"""The schema's history. Imports nothing of the house; run by `kezhan migrate` and at every start.

Owns: the shape of the database. Emits: nothing. Called by: `app`, `cli`, test clusters.
"""
