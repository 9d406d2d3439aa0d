"""The deal desk: what waits for a person, who may decide, and what a review does."""
