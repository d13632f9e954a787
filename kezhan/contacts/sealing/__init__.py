"""Values that stand are sealed, or opened, when the flag of their field has changed."""
