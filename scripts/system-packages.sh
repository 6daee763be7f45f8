#!/bin/sh
# Install the Debian packages that grading needs; without root, name them and stop.
set -eu
python=${1:-python3}

missing=""
command -v bwrap >/dev/null || missing="$missing bubblewrap"
"$python" -c 'import ctypes; ctypes.CDLL("libseccomp.so.2")' 2>/dev/null || missing="$missing libseccomp2"
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
# what only a test needs, 115 MB to fetch: elsewhere that test is skipped without it
if [ -n "${CI:-}" ] && ! command -v chromium >/dev/null; then missing="$missing chromium"; fi
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "These packages are missing; install them as root, then run this again:  apt-get install$missing" >&2
    exit 1
fi
apt-get update --quiet=2
# shellcheck disable=SC2086 - a list of words
DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends $missing
