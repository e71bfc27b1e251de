#!/usr/bin/env bash
# Installs into a temporary prefix, uses what is there as a stranger would, and takes it away again.
#
# Not part of check.sh, because it builds everything a second time.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
prefix="$work/pre fix"
mkdir -p "$prefix/bin"
touch "$prefix/bin/other"

# Twice: the second one replaces the first.
scripts/install.sh --prefix "$prefix"
scripts/install.sh --prefix "$prefix" 2>"$work/said"
grep -q '^next: ' "$work/said" || fail "the installation does not say what is next"

graft="$prefix/bin/graft"
cd /
[ -n "$(env -i "$graft" --version)" ] || fail "--version says nothing"
env -i "$graft" inspect "$ROOT/Tests/Fixtures/Models/llama-tied" --ids 1,2 --json >/dev/null \
  || fail "the program does not compute with an empty environment"
if ldd "$graft" | grep -i swift; then fail "the program needs a Swift runtime"; fi

for page in "$prefix"/share/man/man1/*.1; do
  if have groff; then
    [ -z "$(groff -Tascii -man -ww "$page" 2>&1 >/dev/null)" ] || fail "groff warns of $page"
  fi
  if have mandoc; then mandoc -Tlint -Wwarning "$page" || fail "mandoc warns of $page"; fi
done
for command in train evaluate generate chat inspect; do
  [ -f "$prefix/share/man/man1/graft-$command.1" ] || fail "there is no man page of $command"
done

bash -ec 'shopt -s extglob; source "$1"; complete -p graft >/dev/null' - \
  "$prefix/share/bash-completion/completions/graft" || fail "bash refuses the completions"
for shell in zsh:zsh/site-functions/_graft fish:fish/vendor_completions.d/graft.fish; do
  if have "${shell%%:*}"; then
    "${shell%%:*}" -n "$prefix/share/${shell#*:}" || fail "${shell%%:*} refuses the completions"
  else
    say "note: ${shell%%:*} is not here, so its completions are not read"
  fi
done

"$ROOT/scripts/install.sh" --uninstall --prefix "$prefix"
left="$(cd "$prefix" && find . -mindepth 1 | sort | tr '\n' ' ')"
[ "$left" = "./bin ./bin/other " ] || fail "left behind: $left"
echo "the installation is sound"
