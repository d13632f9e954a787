"""What the providers of short messages share: their signatures, numbers, segments."""
