#!/usr/bin/env bash
# Builds the documentation of every library with DocC; a warning is an error, and so is an example that
# does not compile.
#
#   scripts/docs.sh                    into .build-docs
#   scripts/docs.sh --output DIR       into DIR, which any web server can serve at its root
#   scripts/docs.sh --base-path NAME   to be served under /NAME
#
# Needs nothing but the toolchain, and a release build, which it makes where there is none.
source "$(dirname "$0")/lib.sh"

OUTPUT=.build-docs
BASE_PATH=/
while [ $# -gt 0 ]; do
  case "$1" in
    --output | --base-path) [ $# -ge 2 ] || fail "$1 needs a value" ;;&
    --output) OUTPUT="$(from_caller "$2")" ;;
    --base-path) BASE_PATH="$2" ;;
    *) fail "unknown flag '$1'" "the flags are --output DIR and --base-path NAME" ;;
  esac
  shift 2
done

need_swift
if [ -n "$(ls -A "$OUTPUT" 2>/dev/null)" ] && [ ! -f "$OUTPUT/linkable-entities.json" ]; then
  fail "$OUTPUT holds something else than documentation" "choose another --output, or remove it"
fi
# The libraries, lower floors first: an archive can link to those that were made before it.
mapfile -t MODULES < <(swift package dump-package \
  | python3 -c 'import json, sys
for product in json.load(sys.stdin)["products"]:
    if "library" in product["type"]: print(product["name"])')
[ "${#MODULES[@]}" -gt 0 ] || fail "Package.swift has no library products"
swift build -c release
BIN="$(swift build -c release --show-bin-path)"
TARGET="$(swift -print-target-info | python3 -c 'import json, sys; print(json.load(sys.stdin)["target"]["triple"])')"
read -r -a BLAS_FLAGS < <(pkg-config --cflags-only-I openblas | sed 's/-I/-Xcc -I/g') || true
WORK="$(mktemp -d)"
trap 'rm -rf "$WORK"' EXIT

INCLUDE=(-I "$BIN/Modules" -I Sources/COpenBLAS "${BLAS_FLAGS[@]}")
# The C modules, ours and those below Hummingbird.
for map in "$BIN"/*.build/module.modulemap .build/checkouts/*/Sources/*/include/module.modulemap; do
  [ ! -f "$map" ] || INCLUDE+=(-Xcc "-fmodule-map-file=$map")
done

# check_example MODULE: compiles the Swift code of the module's article, as a stranger's file would be.
check_example() {
  local article="Sources/$1/$1.docc/$1.md" code="$WORK/$1-example.swift"
  awk '/^```/ { inside = /^```swift/; next } inside' "$article" >"$code"
  [ -s "$code" ] || fail "$article has no example"
  swiftc -typecheck -swift-version 6 -warnings-as-errors "${INCLUDE[@]}" "$code" \
    || fail "the example in $article does not compile"
}

archives=()
for module in "${MODULES[@]}"; do
  check_example "$module"
  mkdir -p "$WORK/$module.symbols"
  swift symbolgraph-extract -module-name "$module" -target "$TARGET" "${INCLUDE[@]}" \
    -minimum-access-level public -skip-inherited-docs -skip-synthesized-members \
    -output-dir "$WORK/$module.symbols"
  dependencies=()
  for archive in "${archives[@]}"; do dependencies+=(--dependency "$archive"); done
  docc convert "Sources/$module/$module.docc" --warnings-as-errors \
    --additional-symbol-graph-dir "$WORK/$module.symbols" \
    --fallback-display-name "$module" --fallback-bundle-identifier "graft.$module" \
    --fallback-default-module-kind Library --hosting-base-path "$BASE_PATH" \
    --enable-experimental-external-link-support "${dependencies[@]}" \
    --output-path "$WORK/$module.doccarchive" 2>&1 | sed "/^\$/d" >&2
  archives+=("$WORK/$module.doccarchive")
done
rm -rf "$OUTPUT"
mkdir -p "$(dirname "$OUTPUT")"
docc merge "${archives[@]}" --synthesized-landing-page-name Graft \
  --output-path "$OUTPUT" 2>&1 | sed "/^$/d" >&2
say "documentation of ${#MODULES[@]} libraries: $OUTPUT"
