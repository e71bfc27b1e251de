#!/usr/bin/env bash
# From a clean clone to a trained, measured and used adapter: a few minutes on 2 cores.
#
#   scripts/demo.sh              everything; the result is runs/demo/
#   DEMO_STEPS=20 scripts/demo.sh    a shorter training
#
# runs/demo/summary.json holds the figures, runs/demo/adapter/ the adapter.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

STEPS="${DEMO_STEPS:-60}"
TEST_ROWS="${DEMO_TEST_ROWS:-60}"
MODEL=smollm2
DATA=datasets/function_calls
RUN=runs/demo
SYSTEM="Answer with one JSON function call."
PROMPT="Could you wake me at twenty to seven on Thursday?"

need_build_packages
scripts/get-model.sh "$MODEL" \
  || fail "the demo needs the model, and it could not be had (see above)"

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
  --batch-size 8 --learning-rate 1e-3 --schedule cosine --lora-rank 16 --lora-alpha 32 --seed 1 \
  --json

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
