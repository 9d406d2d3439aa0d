"""Measurements of the program as it runs: under gunicorn, on loopback, with the record written."""
