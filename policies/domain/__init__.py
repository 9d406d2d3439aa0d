"""The domain: money, time, deals, bills, findings and decisions. Standard library only."""
