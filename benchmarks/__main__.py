"""Run the benchmarks: `python -m benchmarks [--quick] [--only PATTERN] [--against torch ...] [--output FOLDER]`.

Contestants run side by side in one process, interleaved, at one thread; their results are compared before anything is timed.
Each round times every contestant once; a ratio is the median over rounds of arrayad's time to torch's in the same round, so
that what slows the machine down slows both. Times are the process's CPU time; wall time is written beside it.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"):
    os.environ.setdefault(_name, "1")  # before any of the libraries is imported
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import sys

from .report import main

sys.exit(main())
