"""What the mail platform is made of."""
