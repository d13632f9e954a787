"""The demo tea shop: a customer's site with our bubble on it, for looking and for trying things out.

Owns: the pages under `/demo`, their words and drawings; what its agents say often.
Emits: nothing.
Called by: app (routes), serve.
"""
