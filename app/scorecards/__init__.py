"""What a scorecard says of a deal, worked out of the record; the page, its PDF and its print show it."""
