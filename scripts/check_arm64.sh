#!/usr/bin/env bash
# Do the serving kernels give the same bits on arm64 as here? Compiles them for both, runs arm64's under qemu, compares.
#
#   scripts/check_arm64.sh
#
# Needs clang (Swift's is taken first), and from apt: gcc-aarch64-linux-gnu qemu-user. Half a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
swift=$(command -v swift || true)
clang=$(dirname "$(readlink -f "${swift:-/usr/bin/clang}")")/clang
for need in "$clang" aarch64-linux-gnu-gcc qemu-aarch64; do
  command -v "$need" > /dev/null || { echo "check_arm64: no $need (apt install clang gcc-aarch64-linux-gnu qemu-user)" >&2; exit 2; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
flags="-O2 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-psabi -I Sources/CKernels/include"
compile() { # name, flags of the target
  mkdir "$scratch/$1"
  for file in Sources/CKernels/*.c scripts/kernel_bits.c; do
    # shellcheck disable=SC2086
    "$clang" $flags ${2:-} -c "$file" -o "$scratch/$1/$(basename "$file" .c).o"
  done
}
compile here
compile arm64 "--target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include"
"$clang" "$scratch"/here/*.o -lm -o "$scratch/here/bits"
aarch64-linux-gnu-gcc -static "$scratch"/arm64/*.o -lm -o "$scratch/arm64/bits"
"$scratch/here/bits" > "$scratch/here.txt"
qemu-aarch64 "$scratch/arm64/bits" > "$scratch/arm64.txt"
diff "$scratch/here.txt" "$scratch/arm64.txt"
cat "$scratch/arm64.txt"
echo "The same bits on $(uname -m) and arm64."
