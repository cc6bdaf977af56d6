"""End the embedded services of the folders named; fail if somebody uses them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config import embedded

for folder in map(Path, sys.argv[1:]):
    if not embedded.stop(folder.resolve()):
        sys.exit(f"Gensvar runs with {folder}; end it first.")
