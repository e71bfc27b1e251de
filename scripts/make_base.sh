#!/usr/bin/env bash
# Makes a base model as checkpoints/graft-base was made: a tokenizer, a model, its measures.
#
#   scripts/make_base.sh --text TEXT.jsonl --valid STORIES.jsonl --held-out OTHERS.jsonl --output DIR
#
# TEXT.jsonl is the text that the card of graft-base describes, checked by its SHA-256; --any-text takes
# another. The model is validated on --valid along the way, and measured on --held-out at the end. Needs
# SmolLM2 (scripts/get-model.sh smollm2) to judge the samples, and about half an hour on 2 cores.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

TEXT_SHA256="708c3dd9c400df593ab868f4b2f73b38b028033f2d7797e94d42de02d6270465"
VOCABULARY=4096
SEED=1

usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; }

text="" valid="" held_out="" output="" any_text=""
while [ $# -gt 0 ]; do
  case "$1" in
    --text) text="$(from_caller "$2")"; shift 2 ;;
    --valid) valid="$(from_caller "$2")"; shift 2 ;;
    --held-out) held_out="$(from_caller "$2")"; shift 2 ;;
    --output) output="$(from_caller "$2")"; shift 2 ;;
    --any-text) any_text=yes; shift ;;
    *) usage; fail "unknown argument: $1" ;;
  esac
done
if [ -z "$text" ] || [ -z "$valid" ] || [ -z "$held_out" ] || [ -z "$output" ]; then
  usage
  fail "--text, --valid, --held-out and --output are needed"
fi
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
"$GRAFT" pretrain "$text" --valid "$valid" --tokenizer "$work/tokenizer" --size small --epochs 3 \
  --context 1024 --optimizer muon --learning-rate 5e-3 --weight-decay 0.1 --seed "$SEED" --save bf16 \
  --sample-prompt "Once upon a time" --eval-tokens 16k --output "$work/run"
cp -r "$work/run/model" "$output"
python3 scripts/describe_base.py --graft "$GRAFT" --model "$output" --text "$text" --held-out "$held_out" \
  --judge smollm2 --work "$work" >"$work/measures.json"
say "measures: $work/measures.json; samples: $work/samples.jsonl"
