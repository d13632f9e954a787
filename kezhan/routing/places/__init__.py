"""What customers who wait are told: their place, and how long it may take."""
