#!/usr/bin/env bash
# Runs all benchmarks, each beside its references in turn, and writes tables and JSON.
#
#   scripts/benchmark.sh --peers              everything; makes the venv of the peers first, where there is none
#   scripts/benchmark.sh --only "kernels decode" --rounds 3 --output DIR
#
# Parts: kernels lora-f32 lora-bf16 full-f32 batching decode tokenizing tokenizer-training startup. Without --peers, and without a
# .venv, nothing is compared with PyTorch, transformers and tokenizers. About 25 minutes with peers on two cores, half of it torch.compile;
# nothing else should run meanwhile: `load_before` in each JSON says whether the machine was quiet.
#
# Writes OUTPUT/tables.md, OUTPUT/PART.json for each part, and OUTPUT/benchmarks.json with all of them.
source "$(dirname "$0")/lib.sh"

PARTS="kernels lora-f32 lora-bf16 full-f32 batching decode tokenizing tokenizer-training startup"
model=checkpoints/smollm2
tokenizer=../shared/reference/smollm2
output=runs/benchmarks
rounds=5
only=$PARTS
python=.venv/bin/python
wants_peers=no

while [ $# -gt 0 ]; do
  case "$1" in
    --peers) wants_peers=yes; shift; continue ;;
    --model | --tokenizer | --output | --rounds | --only | --peer-python) ;;
    *) fail "unknown option '$1'" "the head of this script explains the options" ;;
  esac
  if [ $# -lt 2 ]; then fail "$1 needs a value"; fi
  case "$1" in
    --model) model="$(from_caller "$2")" ;;
    --tokenizer) tokenizer="$(from_caller "$2")" ;;
    --output) output="$(from_caller "$2")" ;;
    --rounds) rounds=$2 ;;
    --only) only=$2 ;;
    --peer-python) python="$(from_caller "$2")" ;;
  esac
  shift 2
done
for part in $only; do
  [[ " $PARTS " == *" $part "* ]] || fail "unknown part '$part'" "the parts are: $PARTS"
done
[ -e "$model" ] || fail "no model at $model" "scripts/get-model.sh smollm2"

if [ "$wants_peers" = yes ] && ! "$python" -c 'import peft, tokenizers, torch, transformers' 2>/dev/null; then
  say "making .venv with scripts/peer-requirements.txt"
  python3 -m venv .venv
  .venv/bin/pip install --quiet -r scripts/peer-requirements.txt
  python=.venv/bin/python
fi
peers=()
if [ -x "$python" ]; then
  peers=(--peer-python "$python")
else
  say "no peers: there is no $python (--peers makes it)"
fi

need_build_packages
swift build -c release --product graft >&2
swift build -c release --product Benchmarks >&2
BENCHMARKS="$(swift build -c release --show-bin-path)/Benchmarks"

# OpenBLAS is a reference: it may take the kernels that it likes best.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
# What torch.compile made is kept for the next time.
export TORCHINDUCTOR_CACHE_DIR="$ROOT/.build/peer-cache"
mkdir -p "$output"
: >"$output/tables.md"

# The text of all rows of a directory, for the tokenizer.
write_text() {
  python3 - "$1" "$2" <<'PYTHON'
import json, pathlib, sys

def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)

with open(sys.argv[2], "w", encoding="utf-8", newline="") as out:
    for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.jsonl")):
        for line in path.open(encoding="utf-8"):
            if line.strip():
                out.writelines(text + "\n" for text in texts(json.loads(line)))
PYTHON
}

training() {
  local method=$1 precision=$2
  shift 2
  "$BENCHMARKS" training --model "$model" --method "$method" --precision "$precision" "${common[@]}" --peer-mode "$@"
}

run_part() {
  local common=(--rounds "$rounds" --json "$output/$1.json" "${peers[@]}")
  case "$1" in
    kernels) "$BENCHMARKS" kernels --rounds "$rounds" --json "$output/$1.json" ;;
    lora-f32) training lora f32 lora-f32 lora-f32-compile ;;
    lora-bf16) training lora bf16 lora-bf16 lora-bf16-compile ;;
    full-f32) training full f32 full-f32 full-f32-compile ;;
    batching)
      local rows=../shared/data/clinical/mts_dialog/train.jsonl
      [ -f "$rows" ] || rows=datasets/function_calls/train.jsonl
      "$BENCHMARKS" batching --model "$model" --data "$rows" --rounds "$rounds" --json "$output/$1.json"
      ;;
    decode) "$BENCHMARKS" decode --model "$model" "${common[@]}" ;;
    tokenizing)
      local text=../shared/data/pretrain
      [ -d "$text" ] || text=datasets
      if [ ! -f "$tokenizer/tokenizer.json" ]; then
        say "tokenizing: skipped, there is no $tokenizer/tokenizer.json (--tokenizer DIR)"
        return
      fi
      write_text "$text" "$output/text.txt" || return
      "$BENCHMARKS" tokenizing --tokenizer "$tokenizer" --input "$output/text.txt" "${common[@]}"
      ;;
    tokenizer-training)
      local text=../shared/data/pretrain trained="$output/trained-tokenizer"
      [ -d "$text" ] || text=datasets
      rm -rf "$trained"
      write_text "$text" "$output/text.txt" || return
      "$BENCHMARKS" tokenizer-training --input "$output/text.txt" --save "$trained" "${common[@]}" || return
      # Encoding once more, with the tokenizer that was trained.
      "$BENCHMARKS" tokenizing --tokenizer "$trained" --input "$output/text.txt" --rounds "$rounds" \
        --json "$output/trained-tokenizing.json" "${peers[@]}"
      ;;
    startup) "$BENCHMARKS" startup --model "$model" "${common[@]}" ;;
  esac
}

failed=()
for part in $only; do
  say "── $part"
  start=$SECONDS
  rm -f "$output/$part.json"
  if run_part "$part" 2>"$output/$part.log" | tee -a "$output/tables.md"; then
    echo | tee -a "$output/tables.md"
    say "── $part: $(elapsed_since "$start")"
  else
    failed+=("$part")
    tail -n 5 "$output/$part.log" >&2
    say "── $part: FAILED, see $output/$part.log"
  fi
done

python3 - "$output" $only <<'PYTHON'
import json, pathlib, sys

folder = pathlib.Path(sys.argv[1])
parts = {name: json.loads(path.read_text()) for name in sys.argv[2:] if (path := folder / f"{name}.json").exists()}
(folder / "benchmarks.json").write_text(json.dumps(parts, indent=1) + "\n")
PYTHON
say "── all: $(elapsed_since 0); $output/tables.md and $output/benchmarks.json${failed[*]:+; failed: ${failed[*]}}"
[ "${#failed[@]}" -eq 0 ]
