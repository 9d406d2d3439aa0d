"""A process that records decisions and says of each, once it is recorded, which it was: `python writer.py URL COUNT`."""

import sys

from app.store import Store
from tests.app.store.builders import a_decision


def main(url, count):
    with Store.open(url) as store:
        for number in range(int(count)):
            decision = a_decision(quote_id=f"Q-{number}", request=b'{"line_id": "1"}' * 500)
            store.record(decision)
            sys.stdout.write(decision.summary.decision_id + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
