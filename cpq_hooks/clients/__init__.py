"""HTTP to the vendors' systems: fetch the full object, hold, release and write back."""
