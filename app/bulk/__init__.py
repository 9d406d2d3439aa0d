"""Scoring many quotes from files, and holding scores against what turned out."""
