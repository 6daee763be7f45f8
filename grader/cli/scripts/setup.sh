#!/bin/sh
# Gradescope runs this once, as root, when it builds the autograder's image. The network is needed here and nowhere else.
set -eu
base=${AUTOGRADER:-/autograder}
source=$base/source
. "$source/settings.sh"

# the reference and the course's secret are for root alone
chmod -R go= "$source"

if [ ! -x "$base/venv/bin/grader" ]; then
    for python in python3.13 python3.12 python3.11 python3 ""; do
        [ -n "$python" ] || { echo "There is no Python 3.11 or newer: choose a newer base image." >&2; exit 1; }
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
    done
    sh "$source/scripts/system-packages.sh" "$python"
    "$python" -m venv "$base/venv"
    # there is no GPU, and a torch without CUDA is a tenth of the size
    PIP_EXTRA_INDEX_URL=${PIP_EXTRA_INDEX_URL-https://download.pytorch.org/whl/cpu} "$base/venv/bin/pip" install --quiet \
        --constraint "$source/constraints.txt" --constraint "$source/constraints-cpu.txt" --editable "$source"
fi

mkdir -p "$base/results"
"$base/venv/bin/grader" data prepare
"$base/venv/bin/grader" doctor || echo "WARNING: what is MISSING above keeps every submission here from being graded." >&2
