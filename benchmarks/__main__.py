"""Measures everything and prints one table: run it on a quiet machine, as root where kernels are to be forked.

python -m benchmarks [--rounds N] [--peers FOLDER] [--json FILE] [peers|throughput|warm|loading|phases|full|similarity ...]
"""

import json
import platform
import tempfile
from argparse import ArgumentParser
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks import full_data, gpu, loading, peers, phases, similarity, throughput, warm
from benchmarks.measure import Row


def machine() -> str:
    memory = psutil.virtual_memory().total / (1 << 30)
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "ipykernel", "nbclient"))
    return f"{psutil.cpu_count()} cores, {memory:.0f} GiB, {platform.platform()}, Python {platform.python_version()}, {versions}"


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", type=Path, default=Path(".peers"), help="where the other graders are installed")
    parser.add_argument("--json", type=Path)
    parser.add_argument("parts", nargs="*", default=["peers", "warm", "loading"])
    asked = parser.parse_args()
    rows: list[Row] = []
    print(machine(), "\n\n| what | median | least to most |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        parts = {
            "peers": lambda: peers.rows(Path(folder), asked.peers.absolute(), asked.rounds),
            "throughput": lambda: throughput.rows(Path(folder), asked.peers.absolute(), asked.rounds),
            "warm": lambda: warm.rows(asked.rounds),
            "loading": lambda: loading.rows(asked.rounds),
            "phases": lambda: phases.rows(asked.rounds),
            "full": lambda: full_data.rows(asked.rounds),
            "gpu": lambda: gpu.rows(asked.rounds),
            "similarity": lambda: similarity.rows(asked.rounds),
        }
        for part in asked.parts:
            for row in parts[part]():
                rows.append(row)
                print(row, flush=True)
    if asked.json:
        table = [{"what": row.what, "unit": row.unit, "values": list(row.values)} for row in rows]
        asked.json.write_text(json.dumps({"machine": machine(), "rows": table}, indent=2) + "\n")


if __name__ == "__main__":
    main()
