"""What colleagues write down about a person, apart from any conversation with her."""
