"""Thresholds of the live monitor: who sets them, when one is crossed, who hears of it."""
