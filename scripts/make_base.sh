#!/usr/bin/env bash
# Makes a base model as checkpoints/graft-base was made: a tokenizer, a model, its measures.
#
#   scripts/make_base.sh --text TEXT.jsonl --held-out STORIES.jsonl --output DIR
#
# TEXT.jsonl is the text that the card of graft-base describes, checked by its SHA-256; --any-text takes
# another. The held-out rows are never trained on. Needs SmolLM2 (scripts/get-model.sh smollm2) to judge the
# samples, and about half an hour on 2 cores.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

TEXT_SHA256="0000000000000000000000000000000000000000000000000000000000000000"
VOCABULARY=4096
SEED=1

usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; }

text="" held_out="" output="" any_text=""
while [ $# -gt 0 ]; do
  case "$1" in
    --text) text="$(from_caller "$2")"; shift 2 ;;
    --held-out) held_out="$(from_caller "$2")"; shift 2 ;;
    --output) output="$(from_caller "$2")"; shift 2 ;;
    --any-text) any_text=yes; shift ;;
    *) usage; fail "unknown argument: $1" ;;
  esac
done
[ -n "$text" ] && [ -n "$held_out" ] && [ -n "$output" ] || { usage; fail "--text, --held-out and --output are needed"; }
[ -e "$output" ] && fail "$output exists" "choose another --output"
found="$(sha256sum "$text" | cut -d ' ' -f 1)"
if [ -z "$any_text" ] && [ "$found" != "$TEXT_SHA256" ]; then
  fail "the text's SHA-256 is $found, not $TEXT_SHA256" "--any-text trains on another text"
fi

need_build_packages
swift build -c release --product graft >&2
GRAFT="$(swift build -c release --show-bin-path)/graft"
work="$output.work"
mkdir -p "$work"

[ -d "$work/tokenizer" ] || "$GRAFT" tokenizer train "$text" --vocab-size "$VOCABULARY" --pre-tokenizer smollm \
  --output "$work/tokenizer"
"$GRAFT" pretrain "$text" --valid "$held_out" --tokenizer "$work/tokenizer" --size small --epochs 4 \
  --context 512 --optimizer muon --learning-rate 2e-3 --weight-decay 0.1 --seed "$SEED" --save bf16 \
  --sample-prompt "Once upon a time" --output "$work/run"
cp -r "$work/run/model" "$output"
python3 scripts/describe_base.py --graft "$GRAFT" --model "$output" --text "$text" --held-out "$held_out" \
  --judge smollm2 --work "$work" >"$work/measures.json"
say "measures: $work/measures.json; samples: $work/samples.jsonl"
