#!/usr/bin/env bash
# tandem prepare: every bad input has its message and exit status and leaves no file behind; good
# ones are summed up; the real data sets, where TANDEM_DATA has them, give the known sizes.
#   prepare.sh TANDEM LAUNCHER...     LAUNCHER starts two processes ("mpirun -n 2")
set -uo pipefail
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/check.bash"
tandem=$1
launcher=("${@:2}")
export OMPI_MCA_ess_singleton_isolated=1 # a process alone starts twice as fast
out=$folder/results/data.h5
mkdir "$folder/results" "$folder/csv"

# put FILE TEXT: with escapes, as printf has them.
put() {
  # shellcheck disable=SC2059
  printf "$2" >"$folder/$1"
}

# bad NAME STATUS MESSAGE OPTION...: fails so, and leaves nothing behind.
bad() {
  check "$1" "$2" "" "$3" "$tandem" prepare --out "$out" "${@:4}"
  [ -z "$(ls -A "$folder/results")" ] || fail "$1: left $(ls -A "$folder/results")"
  rm -rf "$folder"/results/.[!.]* "$folder"/results/*
}

# bad_rows NAME MESSAGE TEXT: four columns, of which the third and fourth are rating and timestamp.
bad_rows() {
  put r "$3"
  bad "$1" 1 "$2" --format delimited --rating-column 3 --timestamp-column 4 "$folder/r"
}

good() {
  check "$1" 0 "$2" "" "$tandem" prepare --out "$out" "${@:3}"
}

# printed NAME PART...: the last command printed these, too.
printed() {
  for part in "${@:2}"; do
    holds "$folder/out" "$part" || fail "$1: expected '$part'; found: $(cat "$folder/out")"
  done
}

# --- usage
bad "no input" 2 "expected INPUT" --format delimited
bad "schema and format" 2 "expected a schema or a format, found both" --schema s --format delimited x
bad "columns of a schema" 2 "are for the formats auto, csv" --schema "$0" --header x
bad "missing schema" 1 "/none: No such file or directory" --schema "$folder/none" x
put s "interactions:\n  fields:\n    user: {kind: categry, role: user}\n"
bad "wrong schema" 1 "/s:3:18: interactions.fields.user.kind: expected category, categories, number, time, text or vector \
(the nearest is 'category'); found 'categry'" --schema "$folder/s" x
bad "wrong key" 2 "--item-key: expected title or id; found 'name'" --item-key name
bad "wrong fraction" 2 "--test-fraction: expected a number from 0 to 1; found '2'" --test-fraction 2
bad "whole fraction" 2 "test fraction: expected a number in [0, 1), found 1" --test-fraction 1 \
  --format delimited x
bad "no tokens" 2 "--max-tokens: expected an integer from 2 to 2147483646; found '1'" --max-tokens 1
bad "wrong format" 2 "found 'netflix'" --format netflix x
bad "columns of movielens" 2 "are for the formats auto, csv" --format movielens-1m --header x
check "no out" 2 "" "expected --out" "$tandem" prepare --format delimited x

# --- files
bad "missing file" 1 "/none: No such file or directory" --format delimited "$folder/none"
bad "missing folder" 1 "/none: No such file or directory" --format movielens-100k "$folder/none"
bad "folder in a folder" 1 "/csv: expected a file, found a folder" --format delimited "$folder"
bad "empty folder" 1 "/csv: expected files in the folder, found none" --format delimited "$folder/csv"
put r "1,2,3,4\n"
bad "file for a folder" 1 "expected the folder that holds u.data and u.item" \
  --format movielens-100k "$folder/r"
bad "folder without files" 1 "/csv/movies.csv: No such file" --format movielens-csv "$folder/csv"
if [ "$(id -u)" != 0 ]; then
  chmod 000 "$folder/r"
  bad "unreadable file" 1 "/r: Permission denied" --format delimited "$folder/r"
  chmod 600 "$folder/r"
fi
check "no folder for the result" 1 "" "/nowhere" \
  "$tandem" prepare --format delimited --rating-column 3 --weight-column 4 "$folder/r" --test-fraction 0 --out "$folder/nowhere/x.h5"

# --- rows
bad_rows "empty file" "/r: the file is empty" ""
bad_rows "empty lines" "/r: expected rows of ratings, found none" "\n\r\n"
bad_rows "too few columns" "/r:2: expected 4 fields separated by ',', found 3" "a,1,3,9\nb,1,3\nc,1,3,9\n"
bad_rows "too many columns" "/r:2: expected 4 fields separated by ',', found 5" "a,1,3,9\nb,1,3,9,9\n"
bad_rows "rating in words" "/r:1: expected a finite number as rating, found 'good'" "a,1,good,9\n"
bad_rows "no rating" "/r:1: expected a finite number as rating, found ''" "a,1,,9\n"
bad_rows "rating NaN" "/r:2: expected a finite number as rating, found 'NaN'" "a,1,3,9\na,2,NaN,9\n"
bad_rows "rating infinite" "/r:1: expected a finite number as rating, found '-inf'" "a,1,-inf,9\n"
bad_rows "rating too large" "/r:1: expected a finite number as rating, found '1e99'" "a,1,1e99,9\n"
bad_rows "negative timestamp" "/r:1: expected seconds (or ms, us, ns) since 1970, or a date like 1998-04-23 or 1998-04-23T22:15:00Z, as timestamp, found '-9'" "a,1,3,-9\n"
bad_rows "overflowing timestamp" "found '99999999999999999999'" "a,1,3,99999999999999999999\n"
bad_rows "milliseconds" "/r:1: expected milliseconds as timestamp, as its first values are; found '9'" \
  "a,1,3,9\na,2,3,1700000000000\n"
bad_rows "empty user" "/r:1: expected a user, found an empty field" ",1,3,9\n"
bad_rows "empty item" "/r:1: expected an item, found an empty field" "a,,3,9\n"
bad_rows "invalid UTF-8" "/r:2: expected UTF-8 text, found byte 0xe9 as byte 4" "a,1,3,9\nCaf\\351,1,3,9\n"
bad_rows "zero byte" "/r:1: expected UTF-8 text, found byte 0x00" "a\\000,1,3,9\n"
bad_rows "open quote" "/r:1: expected a quote that ends the field" "\"a,1,3,9\n"
bad_rows "cut in a line" "/r:2: expected 4 fields separated by ',', found 2 (the last line, without a line end: is the file cut?)" "a,1,3,9\nb,1"
put r "a,1,0\n"
bad "weight zero" 1 "/r:1: expected a finite number above 0 as weight, found '0'" \
  --format delimited --weight-column 3 "$folder/r"
put r "user,item\na,1\n"
bad "column that is not there" 1 "/r:1: expected a header with the column 'stars', found 'user,item'" \
  --format delimited --rating-column stars "$folder/r"
bad "column number that is not there" 1 "/r:1: expected at least 3 fields separated by ',', found 2" \
  --format delimited --rating-column 3 "$folder/r"

# --- item lists
put r "a,1\nb,7\n"
put items "1,One\n2,Two\n"
list=(--format delimited "$folder/r" --items "$folder/items" --test-fraction 0)
bad "unknown item" 1 "/r:2: expected an item of the item list, found '7'" "${list[@]}"
put items "1,One\n7,Seven\n1,Uno\n"
bad "item twice" 1 "/items:3: expected each item id once, found '1' again, after line 1" "${list[@]}"
put items "1,\n7,1\n"
bad "title that is an id" 1 "/items:2: expected titles that differ" "${list[@]}" --item-key title
put items ""
bad "empty list" 1 "/items: the file is empty" "${list[@]}"
put items ",One\n"
bad "item without id" 1 "/items:1: expected an item id, found an empty field" "${list[@]}"
put csv/movies.csv "movieId,name\n1,One\n"
put csv/ratings.csv "userId,movieId,rating,timestamp\n1,1,4.5,9\n"
bad "other header" 1 "/csv/movies.csv:1: expected a header with the column 'title', found 'movieId,name'" \
  --format movielens-csv "$folder/csv"

# --- bad lines that are tolerated
put r "a,1,3,9\nb,1,x,9\nc,1,3,-1\nd,1,4,9\n"
rows=(--format delimited --rating-column 3 --timestamp-column 4 --test-fraction 0 "$folder/r")
bad "one bad line too many" 1 "/r:3: expected seconds (or ms, us, ns) since 1970, or a date like 1998-04-23 or 1998-04-23T22:15:00Z, as timestamp, found '-1'; other forms are said by --timestamp-format, or format in a schema, after 1 bad lines were left out" \
  --skip-bad 1 "${rows[@]}"
check "two bad lines" 0 "bad lines   2 left out" "left out $folder/r:2: expected a finite number" \
  "$tandem" prepare --out "$out" --skip-bad 2 "${rows[@]}"
printed "two bad lines" "rows        2: 2 training, 0 test"

# --- what is accepted
put r "\\357\\273\\277a,1,3,9\r\na,1,4,9\r\n\r\nb,2,5,10"
good "byte-order mark, CRLF, duplicates, no last line end" "duplicates  1 rows repeat" "${rows[@]}"
printed "the same" "rows        3: 3 training, 0 test"
before=$(cksum <"$out")
put r "a,1,3\n"
check "a bad input" 1 "" "expected at least 4 fields" "$tandem" prepare --out "$out" "${rows[@]}"
[ "$before" = "$(cksum <"$out")" ] || fail "a failure changed the file that was there"
put r "a,1,3,9\n"
check "on two ranks" 0 "rows        1: 1 training, 0 test" "" \
  "${launcher[@]}" "$tandem" prepare --out "$out" "${rows[@]}"
[ "$before" != "$(cksum <"$out")" ] || fail "the file that was there was not replaced"
check_once "failure on two ranks" 1 "" "expected a finite number as rating" \
  "${launcher[@]}" "$tandem" prepare --out "$out" --format delimited --user-column 1 --item-column 2 --rating-column 1 "$folder/r"

# --- items are told apart by their ids, unless titles are asked for
put r "a,1\nb,7\n"
put items "1,One\n7,One\n"
good "items are told apart by their ids" "items       2, named by 2 rows" "${list[@]}"
check "titles that are shared" 0 "items       1, named by 2 rows" \
  "2 ids with titles that others have, such as 'One', are 1 item now" "$tandem" prepare --out "$out" "${list[@]}" --item-key title

# --- packed files: the same data, whatever they are called; what is wrong with one is said
lines=$(for i in $(seq 2000); do echo "u$((i * i % 97)),i$((i % 31)),$((i % 5)),$i"; done)
printf '%s\n' "$lines" >"$folder/r"
good "plain text" "rows        2000: 2000 training, 0 test" "${rows[@]}"
plain=$(grep checksum "$folder/out")
for tool in gzip xz zstd; do
  command -v "$tool" >/dev/null || continue
  printf '%s\n' "$lines" | "$tool" -c >"$folder/r"
  good "$tool" "$plain" "${rows[@]}"
  check "$tool on two ranks" 0 "$plain" "" "${launcher[@]}" "$tandem" prepare --out "$out" "${rows[@]}"
  rm "$out"
  cp "$folder/r" "$folder/whole"
  head -c -9 "$folder/whole" >"$folder/r"
  bad "$tool cut" 1 "/r: the $tool file is cut" "${rows[@]}"
  { cat "$folder/whole" && echo more; } >"$folder/r"
  bad "$tool and more" 1 "/r: expected the end of the $tool file after" "${rows[@]}"
  { head -c 300 "$folder/whole" && printf '%064d' 0 && tail -c +365 "$folder/whole"; } >"$folder/r"
  bad "$tool damaged" 1 "/r: the $tool file is damaged" "${rows[@]}"
  printf 'a,1,3,9\nb,1,x,9\n' | "$tool" -c >"$folder/r"
  bad "bad line in $tool" 1 "/r:2: expected a finite number as rating, found 'x'" "${rows[@]}"
done

# --- real data
data=${TANDEM_DATA:-}
if [ -d "$data/ml-100k" ]; then
  good ml-100k "rows        100000: 80000 training, 20000 test" --format movielens-100k "$data/ml-100k"
  printed ml-100k "users       943 with an id" "items       1664, named by 1682 rows" \
    "tokens      2468 of the titles" "duplicates  307 rows"
  good ml-100k-by-id "items       1682, named by 1682 rows" --format movielens-100k --item-key id "$data/ml-100k"
else
  echo "skipped: TANDEM_DATA has no ml-100k"
fi
if [ -d "$data/ml-latest-small" ]; then
  good ml-latest-small "rows        100836: 80669 training, 20167 test" --format movielens-csv "$data/ml-latest-small"
  printed ml-latest-small "users       610 with an id" "items       9737, named by 9742 rows"
else
  echo "skipped: TANDEM_DATA has no ml-latest-small"
fi
if [ -f "$data/ml-1m-reconstructed/ratings.dat.xz" ] && command -v xz >/dev/null; then
  mkdir "$folder/1m"
  xz -dc "$data/ml-1m-reconstructed/ratings.dat.xz" >"$folder/1m/ratings.dat"
  cp "$data/ml-1m-reconstructed/movies.dat" "$folder/1m"
  check ml-1m 0 "rows        1000209: 800167 training, 200042 test" "movies.dat: read as Latin-1, as it is no UTF-8" \
    "$tandem" prepare --out "$out" --format movielens-1m "$folder/1m"
else
  echo "skipped: TANDEM_DATA has no ml-1m-reconstructed, or xz is missing"
fi
report
