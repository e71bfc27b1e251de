#!/usr/bin/env bash
# From a clean clone to a trained, measured and used adapter: a few minutes on 2 cores, and no network beyond
# the system's packages.
#
#   scripts/demo.sh                      on checkpoints/graft-base, which comes with the repository
#   scripts/demo.sh --model smollm2      the same on SmolLM2-135M-Instruct, which is fetched if it is not there
#   DEMO_STEPS=20 scripts/demo.sh        a shorter training
#
# runs/demo/summary.json holds the figures, runs/demo/adapter/ the adapter.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

MODEL=graft-base
case "${1:-}" in
  "") ;;
  --model) MODEL="${2:?--model needs a name or a path}" ;;
  *) fail "unknown argument: $1" "scripts/demo.sh [--model NAME]" ;;
esac
TEST_ROWS="${DEMO_TEST_ROWS:-60}"
DATA=datasets/function_calls
RUN=runs/demo
SYSTEM="Answer with one JSON function call."
PROMPT="Could you wake me at twenty to seven on Thursday?"

need_build_packages
if [ "$MODEL" = graft-base ]; then
  # A small model is trained long and hard: everything it knows of these calls it learns here.
  STEPS="${DEMO_STEPS:-600}"
  training=(--batch-size 16 --learning-rate 4e-3 --lora-rank 32 --lora-alpha 64 --lora-dropout 0.1)
else
  STEPS="${DEMO_STEPS:-60}"
  training=(--batch-size 8 --learning-rate 1e-3 --lora-rank 16 --lora-alpha 32)
  if [ "$MODEL" = smollm2 ]; then
    scripts/get-model.sh "$MODEL" || fail "the demo needs the model, and it could not be had (see above)"
  fi
fi

say "building (the first time takes some minutes)"
swift build -c release --product graft >&2
GRAFT="$(swift build -c release --show-bin-path)/graft"

# measured NAME COMMAND…: stdout goes to NAME.json, seconds and peak memory to NAME.usage.json.
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
measured() {
  local name=$1
  shift
  say "\$ graft $*"
  python3 scripts/measure.py "$work/$name.usage.json" "$GRAFT" "$@" >"$work/$name.json" \
    || fail "graft $1 ended with exit code $? (what it said stands above)"
}

# A run directory is never overwritten by graft itself; the one of an earlier demo is ours to replace.
rm -rf "$RUN"
mkdir -p "$(dirname "$RUN")"
measured train train --model "$MODEL" --data "$DATA" --output "$RUN" --steps "$STEPS" \
  "${training[@]}" --schedule cosine --seed 1 --json

# Every k-th row, so that both halves of the test file (seen and unseen wordings) are in the sample.
rows="$(wc -l <"$DATA/test.jsonl")"
awk -v every="$((rows > TEST_ROWS ? rows / TEST_ROWS : 1))" -v most="$TEST_ROWS" \
  'NR % every == 0 && ++taken <= most' "$DATA/test.jsonl" >"$work/test.jsonl"
measured evaluate evaluate --model "$MODEL" --adapter "$RUN/adapter" --data "$work/test.jsonl" --json

for arm in base adapter; do
  adapter=()
  if [ "$arm" = adapter ]; then adapter=(--adapter "$RUN/adapter"); fi
  measured "generate-$arm" generate --model "$MODEL" "${adapter[@]}" --system "$SYSTEM" \
    --prompt "$PROMPT" --temperature 0 --max-tokens 64 --json
done

python3 scripts/demo_summary.py "$work" "$RUN" "$MODEL" "$DATA" "$PROMPT" "$SECONDS"
