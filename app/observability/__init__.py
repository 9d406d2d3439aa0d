"""What the program shows of itself while it runs: logs and metrics, neither with anything of a customer's."""
