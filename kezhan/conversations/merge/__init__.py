"""Two conversations of one customer become one."""
