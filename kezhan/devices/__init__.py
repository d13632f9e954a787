"""Devices: what a person sets for all of hers, when nothing disturbs her, and pushes to those that are shut.

Owns: personal_settings, push_keys, push_subscriptions, pushes.
Emits: PersonalChanged, PushesWritten.
Called by: the workbench, wiring.
"""
