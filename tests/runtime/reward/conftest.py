"""Tests with torch run several at a time: each keeps to one core, and so do the processes that it starts."""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
