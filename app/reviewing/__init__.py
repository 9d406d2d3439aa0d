"""The monthly review of what was decided: what was caught, where false alarms cluster, what is new, and what has moved."""
