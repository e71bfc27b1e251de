#!/usr/bin/env bash
# Installs what is missing, gets the model that the reference tests use, then runs check.sh.
# Arguments go to check.sh.
source "$(dirname "$0")/lib.sh"

need_build_packages

# Without the model the tests that compare with other implementations are skipped. On a developer's machine
# that is allowed, and said; with CI=true it is an error.
if ! scripts/get-model.sh smollm2; then
  if [ "${CI:-}" = true ]; then
    fail "CI needs the model for the reference tests, and it could not be had (see above)"
  fi
  say "note: going on without the model; the reference tests will be skipped"
fi

exec scripts/check.sh "$@"
