"""What channels say by themselves: a greeting, that we are closed, that it takes a while."""
