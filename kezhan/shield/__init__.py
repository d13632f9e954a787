"""What keeps abuse of the customers' doors away: bounds on what comes in, addresses and devices that are
refused, puzzles for suspicious visitors; which kinds of files are let in, infected ones that were not.

Owns: shield_settings, flood_counts, blocked_sources, puzzles_solved, infected_files.
Emits: ShieldChanged.
Called by: the customers' doors in channels and conversations (`live.Shield`); hears what files refuse.
"""
