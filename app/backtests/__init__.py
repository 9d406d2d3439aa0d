"""What other rules would have said: of the deals of the past, whose end is known or not, and of those that are open."""
