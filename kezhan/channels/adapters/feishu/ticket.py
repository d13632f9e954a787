"""What a message brings for its answer: its own name if it was said in a topic, else that it was in none."""

NO_TOPIC = "-"
