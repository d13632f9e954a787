"""The open channel: anybody's platform, with one signed call in and one signed call out."""
