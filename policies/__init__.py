"""What a quote is, what billing will do with it, and what must hold between the two."""
