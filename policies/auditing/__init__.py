"""Audits: what an agreement should have billed, what was billed, and why they differ, period by period."""
