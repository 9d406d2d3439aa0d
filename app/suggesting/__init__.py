"""Candidate policies out of what leaked: short conditions that a person would write, found on older deals and confirmed on newer."""
