"""`python -m benchmarks [--rows N]`: every figure beside the limit it is held against, measured in this run."""

from __future__ import annotations

import argparse
import os

from benchmarks import conversation, dashboard, deadline, inbox_list, ingest, policy_change, search, sweep
from benchmarks.table import lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="a smaller number for a quick try")
    rows = parser.parse_args().rows
    head, rule, *_ = lines([])
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start.\n\n{head}\n{rule}", flush=True)
    for measure in (
        deadline.main,
        lambda: ingest.main(rows),
        lambda: sweep.main(rows),
        lambda: policy_change.main(rows),
        lambda: inbox_list.main(rows),
        lambda: conversation.main(rows),
        lambda: search.main(rows),
        lambda: dashboard.main(rows),
    ):
        print("\n".join(lines(measure())[2:]), flush=True)


if __name__ == "__main__":
    main()
