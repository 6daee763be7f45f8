#!/bin/sh
# Install the Debian packages that grading needs, and those that its tests need; without root, name them and stop.
#   system-packages.sh [PYTHON [test]]
set -eu
python=${1:-python3}

missing=""
command -v bwrap >/dev/null || missing="$missing bubblewrap"
"$python" -c 'import ctypes; ctypes.CDLL("libseccomp.so.2")' 2>/dev/null || missing="$missing libseccomp2"
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
if [ "${2:-}" = test ] && [ "$(id -u)" -eq 0 ]; then
    # only root can start the tests' own container engines; without them and without a browser, their tests are skipped
    command -v dockerd >/dev/null || missing="$missing docker.io"
    command -v podman >/dev/null || missing="$missing podman"
    command -v debootstrap >/dev/null || missing="$missing debootstrap"
    command -v chromium >/dev/null || missing="$missing chromium"
    [ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing="$missing postgresql"
fi
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "These packages are missing; install them as root, then run this again:  apt-get install$missing" >&2
    exit 1
fi
apt-get update --quiet=2
# shellcheck disable=SC2086 - a list of words
DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends $missing
