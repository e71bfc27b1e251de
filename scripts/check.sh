#!/usr/bin/env bash
# Checks everything that a change must keep. The same for people and for CI.
#
#   scripts/check.sh               all stages
#   scripts/check.sh lint size     only these; stages: lint imports bans size build test kernels consumer docs
#
# The last line is `N passed, N failed`: tests (those of the stage `kernels` once for each instruction set),
# plus one failure for each other stage that failed.
source "$(dirname "$0")/lib.sh"

ALL_STAGES=(lint imports bans size build test kernels consumer docs)
MAX_LINES=400
# The tests whose numbers depend on the kernels.
COMPUTING='^(TensorCore|Autodiff|NN|Models|Adapters|Optimizers|Training|Inference)Tests\.'
BUILD_FLAGS=(-c release)
RESULTS="$(mktemp -d)"
trap 'rm -rf "$RESULTS"' EXIT

stage_lint() {
  need_swift
  swift format lint --strict --recursive Package.swift Sources Tests
}

stage_imports() { python3 scripts/check_imports.py; }

# ban WHAT PATTERN FOLDER…: fails when a line of a Swift file, other than a comment, matches.
ban() {
  local what=$1 pattern=$2
  shift 2
  if grep -rnP --include='*.swift' "^(?!\s*//).*?$pattern" "$@" >&2; then
    say "banned: $what"
    return 1
  fi
}

stage_bans() {
  local ok=0 libraries
  mapfile -t libraries < <(
    find Sources -mindepth 1 -maxdepth 1 -type d ! -name graft ! -name Benchmarks | sort)
  ban "try! (throw, or require with a sentence)" '\btry!' Sources Tests || ok=1
  ban "as! (use as? and say what was found)" '\bas!' Sources Tests || ok=1
  ban "@testable (use package access)" '@testable\b' Tests || ok=1
  ban "print below the executables (libraries report, the command line prints)" \
    '(?<![\w.])(?<!func )(print|debugPrint|dump)\(' "${libraries[@]}" || ok=1
  ban "exit below the executables" \
    '(?<![\w.])(?<!func )(exit|_exit|abort)\(' "${libraries[@]}" || ok=1
  return "$ok"
}

stage_size() {
  local file lines ok=0
  while IFS= read -r file; do
    lines="$(wc -l <"$file")"
    if [ "$lines" -gt "$MAX_LINES" ]; then
      say "$file: $lines lines; at most $MAX_LINES, so split it by topic"
      ok=1
    fi
  done < <(find Sources Tests scripts .ci -type f \
    \( -name '*.swift' -o -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name run \) | sort)
  return "$ok"
}

stage_build() { swift build "${BUILD_FLAGS[@]}" --build-tests; }

# run_tests ARGUMENT…: `swift test`, its results added to those of the stage.
run_tests() {
  local code=0
  rm -f "$RESULTS/tests.xml"
  # Without --disable-testable-imports everything would be compiled again, with other flags than `swift build`.
  swift test "${BUILD_FLAGS[@]}" --disable-xctest --disable-testable-imports \
    --xunit-output "$RESULTS/tests.xml" "$@" 2>&1 | tee "$RESULTS/log" || code=$?
  python3 scripts/summarize_tests.py "$RESULTS/log" "$RESULTS/tests.xml" "$code" "$RESULTS/counts"
}

# The tests of the command wait for processes on the few threads on which asynchronous tests have to go on: apart.
stage_test() {
  local ok=0
  run_tests --skip '^graftTests\.' || ok=1
  run_tests --filter '^graftTests\.' || ok=1
  return "$ok"
}

# Everything that computes, again with lesser kernels than the best of this processor.
stage_kernels() {
  local kernels ok=0
  for kernels in portable avx2; do
    if [ "$kernels" = avx2 ] && ! grep -qw avx2 /proc/cpuinfo; then
      say "avx2: this processor has none, so its kernels are not tested"
      # Where CI runs on x86-64, nothing may be left out.
      if [ "${CI:-}" = true ] && [ "$(uname -m)" = x86_64 ]; then ok=1; fi
      continue
    fi
    say "kernels: $kernels"
    GRAFT_KERNELS="$kernels" run_tests --filter "$COMPUTING" || ok=1
  done
  return "$ok"
}

# Only what is public, from outside the package: its own build, with the versions that the tests used.
stage_consumer() {
  local consumer=Tests/Fixtures/Consumer scratch=.build-consumer
  if [ -f Package.resolved ]; then cp Package.resolved "$consumer/"; fi
  swift build "${BUILD_FLAGS[@]}" --package-path "$consumer" --scratch-path "$scratch"
  "$scratch/release/Consumer"
}

stage_docs() { scripts/docs.sh; }

stages=("$@")
if [ $# -eq 0 ]; then stages=("${ALL_STAGES[@]}"); fi
stages=("${stages[@]#--}")
for stage in "${stages[@]}"; do
  [[ " ${ALL_STAGES[*]} " == *" $stage "* ]] \
    || fail "unknown stage '$stage'" "the stages are: ${ALL_STAGES[*]}"
done

failed_stages=()
passed=0
failed=0
for stage in "${stages[@]}"; do
  if [[ " test kernels consumer docs " == *" $stage "* && " ${failed_stages[*]-} " == *" build "* ]]; then
    say "── $stage: not run, because the build failed"
    continue
  fi
  say "── $stage"
  start=$SECONDS
  rm -f "$RESULTS/counts"
  # A subshell with its own `set -e`: a function called in a condition would run on after a failure.
  set +e
  (set -e; "stage_$stage") >&2
  code=$?
  set -e
  stage_failures=$((code == 0 ? 0 : 1))
  # A stage that ran tests has a line of counts for each run.
  if [ -s "$RESULTS/counts" ]; then
    read -r stage_passed counted < <(awk '{ p += $1; f += $2 } END { print p, f }' "$RESULTS/counts")
    passed=$((passed + stage_passed))
    stage_failures=$((counted > stage_failures ? counted : stage_failures))
  fi
  failed=$((failed + stage_failures))
  if [ "$code" -eq 0 ]; then
    say "── $stage: ok ($(elapsed_since "$start"))"
  else
    failed_stages+=("$stage")
    say "── $stage: FAILED ($(elapsed_since "$start"))"
  fi
done

say "── all: $(elapsed_since 0)${failed_stages[*]:+; failed: ${failed_stages[*]}}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
