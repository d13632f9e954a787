"""What is read to be shown: lists, counts, snapshots, older pages; apart from what transactions do."""
