#!/usr/bin/env bash
# The full run of what every test run does in small: random loads of a serving engine, each answer compared with
# that given alone, to the bit.
#
#   scripts/serving_stress.sh                  2,000 schedules of 50 operations on a tiny model; 200 requests on SmolLM2
#   GRAFT_SCHEDULES_FROM=2000 scripts/serving_stress.sh     other schedules
source "$(dirname "$0")/lib.sh"

need_swift
export GRAFT_SCHEDULES="${GRAFT_SCHEDULES:-2000}" GRAFT_OPERATIONS="${GRAFT_OPERATIONS:-50}"
export GRAFT_COMPANY="${GRAFT_COMPANY:-200}"
swift test -c release --disable-xctest --disable-testable-imports \
  --filter 'ServingStressTests|ServingCompanyTests'
