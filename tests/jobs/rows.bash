# shellcheck shell=bash
# Rows of one input in whatever form a test asks for, and what is made of them; sourced after check.bash.

# Rows with spaces to fill in: user|item|rating|seconds.
rows() {
  for i in $(seq 0 89); do
    echo "u$((i * 7 % 13))|i$((i * i % 17))|$((i % 9 + 1)).5|$((1500000000 + i * 86400))"
  done
}
# cells FORMAT: the rows, printed by awk's printf with their cells.
cells() { rows | awk -F'|' -v f="$1\n" '{printf f, $1, $2, $3, $4}'; }

checksum_of() { sed -n 's/^checksum *//p' out; }
