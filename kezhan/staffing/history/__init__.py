"""What came and how long it took, grouped in the database from the events of the queues."""
