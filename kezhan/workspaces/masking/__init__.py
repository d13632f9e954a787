"""What is masked in a workspace, and from whom."""
