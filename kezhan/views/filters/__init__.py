"""What a view holds: conditions as data, checked when they are saved, and as a part of a statement."""
