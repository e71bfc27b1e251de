#!/usr/bin/env bash
# Builds graft and installs it like a program.
#
#   scripts/install.sh                           into ~/.local
#   scripts/install.sh --prefix DIR              DIR/bin/graft, its man pages and shell completions
#   scripts/install.sh --uninstall --prefix DIR  takes away what an installation put there
#
# The program needs no Swift toolchain to run. Its build lies in .build-install/, apart from that of
# `swift build`, and may be deleted.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# What an installation put under the prefix, one path a line; directories that it made end in a slash.
MANIFEST=share/graft/installed

prefix="${HOME:+$HOME/.local}"
uninstalls=false
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help)
      usage
      exit 0
      ;;
    --uninstall) uninstalls=true ;;
    --prefix=?*) prefix="${1#--prefix=}" ;;
    --prefix)
      [ -n "${2:-}" ] || fail "--prefix needs a directory"
      prefix=$2
      shift
      ;;
    *) fail "unknown argument '$1'" "see scripts/install.sh --help" ;;
  esac
  shift
done
[ -n "$prefix" ] || fail "there is no home directory to install into" "give --prefix DIR"
prefix="$(realpath -m -- "$(from_caller "$prefix")")"

# listed FILE: the paths of a manifest, without any that would lead out of the prefix.
listed() {
  if [ -f "$1" ]; then grep -vE '^/|(^|/)\.\.(/|$)|^$' "$1" || true; fi
}

uninstall() {
  local path
  [ -f "$prefix/$MANIFEST" ] || fail "nothing was installed under $prefix by this script"
  local paths=()
  mapfile -t paths < <(listed "$prefix/$MANIFEST")
  for path in "${paths[@]}"; do
    case "$path" in
      */) ;;
      *) rm -f -- "$prefix/$path" ;;
    esac
  done
  rm -f -- "$prefix/$MANIFEST"
  # Deepest first; what holds something of others stays.
  printf '%s\n' "${paths[@]}" | { grep '/$' || true; } | LC_ALL=C sort -r | while IFS= read -r path; do
    rmdir -- "$prefix/$path" 2>/dev/null || true
  done
  say "removed graft from $prefix"
}

# make_directory PATH: creates it and what is above it, and notes what was not there.
made=()
make_directory() {
  [ -d "$prefix/$1" ] && return
  case "$1" in
    */*) make_directory "${1%/*}" ;;
  esac
  mkdir -- "$prefix/$1"
  made+=("$1/")
}

# stage PATH: where a file of the installation is prepared.
stage() {
  mkdir -p "$staging/$(dirname "$1")"
  echo "$staging/$1"
}

if $uninstalls; then
  uninstall
  exit 0
fi

need_build_packages
mkdir -p -- "$prefix" 2>/dev/null || true
[ -w "$prefix" ] || fail "$prefix cannot be written" "give --prefix DIR, or install as another user"

say "building (the first time takes some minutes)"
build=(swift build -c release --product graft --static-swift-stdlib --scratch-path .build-install)
"${build[@]}" >&2
binary="$("${build[@]}" --show-bin-path)/graft"

# Beside their places, so that every file appears by a rename: whole, or not at all.
staging="$(mktemp -d "$prefix/.graft-install.XXXXXX")"
trap 'rm -rf "$staging"' EXIT
graft="$(stage bin/graft)"
cp -- "$binary" "$graft"
# Symbols are for debuggers only, and half of the file.
if have strip; then strip -- "$graft"; fi
chmod 755 "$graft"

missing="$(ldd "$graft" | awk '/not found/ { print $1 }')"
[ -z "$missing" ] || fail "libraries are missing: ${missing//$'\n'/ }" "libopenblas.so.0 is in the package libopenblas0"
version="$(env -i "$graft" --version)" || fail "the program that was built does not run"

"$graft" --generate-completion-script bash >"$(stage share/bash-completion/completions/graft)"
"$graft" --generate-completion-script zsh >"$(stage share/zsh/site-functions/_graft)"
"$graft" --generate-completion-script fish >"$(stage share/fish/vendor_completions.d/graft.fish)"
pages="$(stage share/man/man1/graft.1)"
"$graft" --experimental-dump-help | python3 scripts/make_manual.py "$version" "$(dirname "$pages")"

mapfile -t files < <(cd "$staging" && find . -type f -printf '%P\n' | LC_ALL=C sort)
find "$staging" -type f ! -name graft -exec chmod 644 {} +
chmod 644 "$staging/share/bash-completion/completions/graft"
for file in "${files[@]}" "$MANIFEST"; do make_directory "$(dirname "$file")"; done
mapfile -t before < <(listed "$prefix/$MANIFEST")
# The list first: an installation that is broken off can be taken away.
manifest="$(stage "$MANIFEST")"
{
  printf '%s\n' "${files[@]}" ${made[@]+"${made[@]}"}
  printf '%s\n' ${before[@]+"${before[@]}"} | grep '/$' || true
} | LC_ALL=C sort -u >"$manifest"
chmod 644 "$manifest"
mv -f -- "$manifest" "$prefix/$MANIFEST"
for file in "${files[@]}"; do mv -f -- "$staging/$file" "$prefix/$file"; done
# What an earlier version had and this one has not.
for file in ${before[@]+"${before[@]}"}; do
  case "$file" in
    */) ;;
    *) grep -qxF -- "$file" "$prefix/$MANIFEST" || rm -f -- "$prefix/$file" ;;
  esac
done

say "installed graft $version:"
for file in "${files[@]}"; do say "  $prefix/$file"; done
case ":$PATH:" in
  *":$prefix/bin:"*) say "next: graft --help" ;;
  *)
    say "$prefix/bin is not in PATH"
    say "next: export PATH=\"$prefix/bin:\$PATH\" && graft --help"
    ;;
esac
say "models: scripts/get-model.sh smollm2 ~/.local/share/graft/checkpoints/smollm2"
