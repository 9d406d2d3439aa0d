"""Bringing history in from files: rows of any kind of file become stored documents, and what is wrong is kept apart."""
