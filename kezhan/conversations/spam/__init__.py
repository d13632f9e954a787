"""What is no customer: conversations marked as spam, and people whose messages disturb nobody."""
