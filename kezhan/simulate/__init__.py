"""Customers and agents that are programs: they speak the public protocol over the network like anybody else.

Owns: the scripts and the reference client in Python.
Emits: what customers and agents do.
Called by: `kezhan simulate`, the demo, tests and bench. Imports nothing of the house but `kit`.
"""
