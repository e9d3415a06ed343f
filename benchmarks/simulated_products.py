"""The simulated products as data sets in MVTec AD layout, to choose by or as other products for methods that need some.

Each product has a folder of its own below FOLDER.

    python benchmarks/simulated_products.py FOLDER [--good N] [--held-out N]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from inspector.imaging.simulation import products
from inspector.jobs.demo_parts import DemoJob, write_dataset
from inspector.tasks import CancelToken, no_progress


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--good", type=int, default=100, help="good parts to learn from")
    parser.add_argument("--held-out", type=int, default=60, help="good parts kept apart, and as many defects")
    arguments = parser.parse_args()
    job = DemoJob(good=arguments.good, held_out=arguments.held_out, seed=7)
    for product in products():
        write_dataset(arguments.folder / product.id, job, product, no_progress, CancelToken())
        print(arguments.folder / product.id)


if __name__ == "__main__":
    main()
