"""What keeps abuse of the customers' doors away: bounds on what comes in, addresses and devices that are
refused, puzzles for suspicious visitors.

Owns: shield_settings, flood_counts, blocked_sources, puzzles_solved. Emits: ShieldChanged.
Called by: the customers' doors in channels and conversations (`live.Shield`), files (its settings).
"""
