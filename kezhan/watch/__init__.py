"""What the process shows of itself: figures for Prometheus, whether it lives, whether it may take traffic.

Owns nothing in the database. Emits nothing. `app` gives it the house's parts and its routes a place.
The kit's own tables (outbox, jobs, timers) are read here for all handlers at once, as kz_system.
"""
