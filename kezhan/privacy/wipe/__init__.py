"""What is known of a customer, and what was said with her, goes from every place it stands in."""
