"""`python -m app` is `quoteguard`."""

from app.cli import main

if __name__ == "__main__":
    main(prog_name="quoteguard")
