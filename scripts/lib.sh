# Helpers of the other scripts: `source "$(dirname "$0")/lib.sh"`.
# shellcheck shell=bash

set -euo pipefail

# The root of the package, where every script works.
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"

say() { printf '%s\n' "$*" >&2; }

# fail MESSAGE [HINT]: ends the script with a plain sentence.
fail() {
  say "error: $1"
  if [ $# -gt 1 ]; then say "hint: $2"; fi
  exit 1
}

# Paths are meant relative to where the caller stands, which lib.sh has left.
from_caller() {
  case "$1" in
    /*) echo "$1" ;;
    *) echo "${OLDPWD:-$PWD}/$1" ;;
  esac
}

have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif have sudo; then
    sudo "$@"
  else
    return 1
  fi
}

# install_packages PACKAGE…: installs the Debian packages, if that is possible here.
install_packages() {
  local by_hand="install by hand: $*"
  have apt-get || fail "this system has no apt-get" "$by_hand (or what your system calls them)"
  if [ "$(id -u)" -ne 0 ] && ! have sudo; then
    fail "missing packages, and neither root nor sudo to install them" "$by_hand"
  fi
  say "installing: $*"
  local log
  log="$(mktemp)"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120)
  # The package lists of a fresh machine are empty or old, but often they are good enough.
  if ! as_root "${apt[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null; then
    if ! { as_root "${apt[@]}" update && as_root "${apt[@]}" install -y --no-install-recommends "$@"; } \
      >"$log" 2>&1 </dev/null; then
      tail -n 15 "$log" >&2
      rm -f "$log"
      fail "apt-get could not install: $*" "is a package mirror reachable? Otherwise $by_hand"
    fi
  fi
  rm -f "$log"
}

need_swift() {
  have swift || fail "no Swift toolchain on the PATH" "install Swift 6.2 or later from swift.org"
}

# What building and checking need beside the toolchain.
need_build_packages() {
  need_swift
  local missing=()
  have pkg-config || missing+=(pkg-config)
  have python3 || missing+=(python3)
  if ! have pkg-config || ! pkg-config --exists openblas; then missing+=(libopenblas-dev); fi
  if [ "${#missing[@]}" -gt 0 ]; then install_packages "${missing[@]}"; fi
}

# The seconds since START (a value of $SECONDS), as `3 min 05 s`.
elapsed_since() {
  local seconds=$((SECONDS - $1))
  if [ "$seconds" -lt 60 ]; then
    printf '%d s' "$seconds"
  else
    printf '%d min %02d s' $((seconds / 60)) $((seconds % 60))
  fi
}
