"""Serving what was learned: a score with its reasons from a deal's features alone, with the standard library and trees."""
