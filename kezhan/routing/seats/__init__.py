"""Seats: their states and the time spent in each, their room, who is connected."""
