#!/usr/bin/env bash
# tandem synth, from its command line to its folder: synth.sh TANDEM LAUNCHER...
# LAUNCHER starts three processes ("mpirun -n 3").
set -uo pipefail
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/check.bash"
tandem=$1
launcher=("${@:2}")
out=$folder/made

# lists NAME FILES: the folder of the data holds these and no others; "none": there is no folder.
lists() {
  local found=none
  [ -d "$out" ] && found=$(cd "$out" && echo *)
  [ "$found" = "$2" ] || fail "$1: the folder holds: $found"
}

check "no folder named" 2 "" "expected --out DIR" "$tandem" synth
check "no users" 2 "" "--users: expected an integer from 1" "$tandem" synth --out "$out" --users 0
check "no number" 2 "" "--ratings: expected an integer from 1" "$tandem" synth --out "$out" --ratings 1e6
check "negative seed" 2 "" "--seed: expected an integer from 0" "$tandem" synth --out "$out" --seed -1
check "stray argument" 2 "" "Too many arguments" "$tandem" synth --out "$out" more
check "too many ratings" 2 "" "10 users and 10 items can have 10 to 50 ratings" \
  "$tandem" synth --out "$out" --users 10 --items 10 --ratings 51
check "too many users" 2 "" "need 1 to 2147483646 users, not 2147483647" \
  "$tandem" synth --out "$out" --users 2147483647
lists "refused sizes" none
check "no parent folder" 1 "" "cannot make folder $out/deep: No such file or directory" \
  "$tandem" synth --out "$out/deep"
touch "$folder/file"
check "a file in the way" 1 "" "Not a directory" "$tandem" synth --out "$folder/file"

# Files may have 16 MiB (Open MPI has some, too), a million ratings 24.
# shellcheck disable=SC2016
limited=(bash -c 'ulimit -f 16384; exec "$@"' - "$tandem" synth --out "$out"
  --users 9999 --ratings 1000000)
small=("$tandem" synth --out "$out" --users 20 --items 30)
check "made" 0 "" "wrote 200 ratings of 30 items by 20 users to $out" "${small[@]}" --ratings 200
lists "made" "movies.csv ratings.csv synth.txt"
[ "$(wc -l <"$out/ratings.csv") $(wc -l <"$out/movies.csv")" = "201 31" ] || fail "made: wrong lines"
[ "$(head -n 1 "$out/ratings.csv")" = "userId,movieId,rating,timestamp" ] || fail "made: header"
cp "$out/ratings.csv" "$folder/one_rank"

check "file size limit" 1 "" "cannot write $out/ratings.csv: File too large" \
  "${limited[@]}"
lists "file size limit" "movies.csv ratings.csv synth.txt"
cmp -s "$out/ratings.csv" "$folder/one_rank" || fail "file size limit: the old data changed"
check "made again" 0 "" "wrote 100 ratings" "${small[@]}" --ratings 100
[ "$(wc -l <"$out/ratings.csv")" = 101 ] || fail "made again: the old data are still there"

check_once "on three ranks" 0 "" "wrote 200 ratings" "${launcher[@]}" "${small[@]}" --ratings 200
cmp -s "$out/ratings.csv" "$folder/one_rank" || fail "on three ranks: other bytes"
check_once "failing on three ranks" 1 "" "cannot make folder" \
  "${launcher[@]}" "$tandem" synth --out "$out/deep/er"

rm "$out/synth.txt"
check "somebody's data" 1 "" "holds a movies.csv that tandem synth did not make" "${small[@]}" --ratings 100
cmp -s "$out/ratings.csv" "$folder/one_rank" || fail "somebody's data: changed"
mv "$out/movies.csv" "$out/ratings.csv" "$folder"
echo "my notes" >"$out/synth.txt"
check "somebody's note" 1 "" "holds a synth.txt that tandem synth did not make" "${small[@]}" --ratings 100
[ "$(cat "$out/synth.txt")" = "my notes" ] || fail "somebody's note: changed"
rm -r "$out"

# Six at once, each with as many ratings as its seed says: those that claim success wrote what is there.
for seed in 1 2 3 4 5 6; do
  "$tandem" synth --out "$out" --users 999 --items 999 --ratings "10000$seed" --seed "$seed" \
    2>"$folder/at_once.$seed" &
done
wait
written=$(sed -n 's/^seed //p' "$out/synth.txt")
lists "six at once" "movies.csv ratings.csv synth.txt"
[ "$(wc -l <"$out/ratings.csv")" = "10000$((written + 1))" ] || fail "six at once: of different ones"
for seed in 1 2 3 4 5 6; do
  grep -qF -e "wrote 10000$seed ratings" -e "another command is writing $out just now" "$folder/at_once.$seed" ||
    fail "six at once: $(cat "$folder/at_once.$seed")"
done
grep -qF "wrote 10000$written ratings" "$folder/at_once.$written" || fail "six at once: who wrote it failed"
rm -r "$out"
# In a fraction of these seconds of the CPU's: not each rating by all of a user's others.
one=("$tandem" synth --out "$out" --users 1 --items 400000 --ratings 190000)
# shellcheck disable=SC2016
check "one user" 0 "" "wrote 190000 ratings" bash -c 'ulimit -t 20; exec "$@"' bash "${one[@]}"
rm -r "$out"
check "file size limit, new folder" 1 "" "File too large" \
  "${limited[@]}"
lists "file size limit, new folder" none
report
