"""The stand-in engine, its natives, and what is expected of both. Its package ``core`` is in ``stand_in``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "stand_in"))
