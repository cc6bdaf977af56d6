"""What a person decides about a conversation: alone, with colleagues, about many at once."""
