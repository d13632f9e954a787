"""Two conversations of one customer become one, and two customers who are one have one history."""
