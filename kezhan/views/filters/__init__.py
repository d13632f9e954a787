"""What a view holds, as statements about conversations."""
