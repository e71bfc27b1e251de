#!/usr/bin/env bash
# Runs damaged files through every reader: scripts/fuzz.sh [COUNT], by default 10,000,000 each.
# A crash names no case: start again with GRAFT_MUTANTS_FROM=<last case printed> and a small COUNT.
set -euo pipefail
cd "$(dirname "$0")/.."
GRAFT_MUTANTS="${1:-10000000}" exec swift test -c release --disable-xctest --filter MutationTests
