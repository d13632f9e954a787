"""The one language of conditions: as data, checked when they are saved, and as a part of a statement. What is
about customers is compiled here; what is about conversations, in `views`."""
