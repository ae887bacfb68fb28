#!/usr/bin/env bash
# tandem prepare: the same rows in every form that it reads give the same data, on one rank and on three;
# what it guesses it says; what is no text of lines, or another form, is refused by name.
#   inputs.sh TANDEM LAUNCHER...     LAUNCHER starts three processes ("mpirun -n 3")
set -uo pipefail
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/check.bash"
# shellcheck source=tests/jobs/rows.bash
. "$(dirname "$0")/rows.bash"
tandem=$(realpath "$1")
launcher=("${@:2}")
export OMPI_MCA_ess_singleton_isolated=1 # a process alone starts twice as fast
cd "$folder" || exit 1
mkdir in

names=(--user-column user --item-column item --rating-column rating --timestamp-column time)
numbers=(--user-column 1 --item-column 2 --rating-column 3 --timestamp-column 4)

# same NAME SAID INPUT OPTION...: what the rows give, and SAID on standard error.
same() {
  check "$1" 0 "checksum    $expected" "$2" "$tandem" prepare --out d.h5 "${@:3}"
}
# same_on_ranks NAME SAID ...: also on three ranks.
same_on_ranks() {
  same "$@"
  check "$1, three ranks" 0 "checksum    $expected" "$2" "${launcher[@]}" "$tandem" prepare --out d.h5 "${@:3}"
}
bad() {
  check "$1" "$2" "" "$3" "$tandem" prepare --out no.h5 "${@:4}"
  [ ! -e no.h5 ] || fail "$1: left no.h5"
}

{ echo user,item,rating,time && cells '%s,%s,%s,%s'; } >in/r.csv
"$tandem" prepare --format csv "${names[@]}" in/r.csv --out d.h5 >out
expected=$(checksum_of)
[ -n "$expected" ] || fail "the sound input is refused"

# --- forms, told and guessed
same_on_ranks csv "in/r.csv: taken for csv" in/r.csv "${names[@]}"
same "csv by number" "" --format csv in/r.csv --header "${numbers[@]}"
same "csv, header found" "the first line, 'user,item,rating,time', is taken for the header" --format csv in/r.csv \
  "${numbers[@]}"
{ printf '\357\273\277user, item , rating,time\r\n' && cells ' %s,%s , %s,%s\r'; } >in/blanks.csv
same "blanks, CRLF and a byte-order mark" "" --format csv in/blanks.csv "${names[@]}"
{ printf 'time\titem\trating\tuser\n' && rows | awk -F'|' -v OFS='\t' '{print $4, $2, $3, $1}'; } >in/r.tsv
same_on_ranks tsv "taken for tsv" in/r.tsv "${names[@]}"
same "tsv, told" "" --format tsv in/r.tsv "${names[@]}"
{ echo '"user";"item";"a;b";"rating";"time"' && cells '"%s";"%s";"x;""y""";"%s";"%s"'; } >in/r.ssv
same "semicolons and quotes" "taken for delimited text, with ';' between fields" in/r.ssv "${names[@]}"
same "semicolons, told" "" --separator ';' in/r.ssv "${names[@]}"
{ echo "user,item,rating,time,text" && cells "'%s','%s',%s,%s,'it''s, \"so\"'"; } >in/q.csv
same "another quote" "" --quote "'" in/q.csv "${names[@]}"
cells '%s::%s::%s::%s' >in/r.dat
same "two colons" "with '::' between fields" in/r.dat "${numbers[@]}"
{ echo '% of some collection' && cells '  %-5s %4s  %s %s '; } >in/r.txt
same_on_ranks "runs of blanks" "taken for columns with blanks between them" in/r.txt "${numbers[@]}"
sed -i 's/  i/\t i/' in/r.txt
same "runs of blanks, told" "" --blanks --comment % in/r.txt "${numbers[@]}" --no-header
printf '%% bip weighted\n%% 4 2 2\n1 10 5\n2  20 3\n' >in/konect.txt
bad "a comment for a header" 1 "if lines with % are comments, say --comment '%'" --blanks --rating-column 3 in/konect.txt
cells '{"user":"%s", "of": {"item": "%s", "x": [1, {}]}, "rating": %s, "time": %s}' >in/r.jsonl
json=(--user-column user --item-column of.item --rating-column rating --timestamp-column time)
same_on_ranks jsonl "taken for jsonl" in/r.jsonl "${json[@]}"
same "jsonl, told" "" --format jsonl in/r.jsonl "${json[@]}"
# What is called as ratings and times are and nobody asked for is said, where users and items are a guess, too.
unread="in/r.csv: not read: 'rating' (--rating-column rating reads it), 'time' (--timestamp-column time reads it)"
check "columns that nobody asked for" 0 "ratings: none, timestamps: none" "$unread" "$tandem" prepare --out d.h5 in/r.csv
check "columns that nobody asked for, three ranks" 0 "ratings: none" "$unread" "${launcher[@]}" "$tandem" prepare \
  --out d.h5 in/r.csv
check "a column that was asked for" 0 "ratings: yes" "not read: 'time' (--timestamp" "$tandem" prepare --out d.h5 in/r.csv \
  --rating-column rating
same "nothing is a guess" "" --format csv in/r.csv "${names[@]}"
# Members that no object has: of those that rows need the message says so, of others a warning.
misspelt() { # WHAT SAID COLUMN...
  check "$1" 1 "" "in/r.jsonl:1: expected $2, the nearest is" "$tandem" prepare --out no.h5 in/r.jsonl "${@:3}"
  check "$1, three ranks" 1 "" "in/r.jsonl:1: expected $2, the nearest is" "${launcher[@]}" "$tandem" prepare \
    --out no.h5 in/r.jsonl "${@:3}"
}
misspelt "a misspelt user" "a user, found an empty field; --without-user, or without_user in a schema, says what becomes of \
such rows; the first object has no 'usr'" --user-column usr --item-column of.item
misspelt "a misspelt item" "an item, found an empty field; the first object has no 'of.itm'" --user-column user --item-column of.itm
misspelt "a misspelt rating" "a finite number as rating, found ''; where it is none, say missing: [''] in a schema, or --missing \
''; the first object has no 'ratng'" --user-column user --item-column of.item --rating-column ratng
for ranks in 1 3; do
  start=()
  [ "$ranks" = 1 ] || start=("${launcher[@]}")
  check "a misspelt time, $ranks ranks" 0 "rows        90" "warning: in/r.jsonl: no object has 'tim' (the nearest is 'time'), so it \
is missing of all" "${start[@]}" "$tandem" prepare --out d.h5 in/r.jsonl --user-column user --item-column of.item \
    --timestamp-column tim --missing ''
done
for key in user item; do
  for end in n r; do
    cells '{"user":"%s", "of": {"item": "%s"}, "rating": %s, "time": %s}' >in/ends.jsonl
    echo '{"user":"u1", "of": {"item": "i1"}, "rating": 3, "time": 9}' |
      sed "s/\"$key\": *\"/&x\\\\$end/" >>in/ends.jsonl
    said="in/ends.jsonl: expected names of ${key}s without line ends (CR or LF), found 'x?${key::1}1'"
    bad "a line end in a key" 1 "$said" in/ends.jsonl "${json[@]}"
    check "a line end in a key, three ranks" 1 "" "$said" "${launcher[@]}" "$tandem" prepare --out no.h5 in/ends.jsonl \
      "${json[@]}"
  done
done
{ echo 'user,review,item,rating,time' && cells '%s,"of\n ""two"" lines\n",%s,%s,%s'; } >in/lines.csv
same_on_ranks "lines in quotes" "" --lines-in-quotes in/lines.csv "${names[@]}"
bad "lines in quotes that nobody told of" 1 "in/lines.csv:2: expected a quote that ends the field \"of, found the \
line's end; if fields go on over several lines, say so: --lines-in-quotes" --format csv in/lines.csv "${names[@]}"

# --- packing, several inputs, standard input
for tool in gzip xz zstd; do
  command -v "$tool" >/dev/null || continue
  "$tool" -c in/r.csv >packed
  same "$tool" "" --format csv packed "${names[@]}"
done
mkdir parts
head -31 in/r.csv >parts/part-0.csv
{ echo time,rating,user,item && sed -n '32,61p' in/r.csv | awk -F, -v OFS=, '{print $4, $3, $1, $2}'; } | gzip >parts/part-1.gz
{ head -1 in/r.csv && sed -n '62,70p' in/r.csv && head -1 in/r.csv && sed -n '71,91p' in/r.csv; } >parts/part-2.csv
head -1 in/r.csv >parts/part-3.csv
touch parts/_SUCCESS parts/.part-0.csv.crc parts/part-4.csv
same_on_ranks "a folder" "" --format csv parts "${names[@]}"
same "a folder by the first header's numbers" "" --format csv --header parts "${numbers[@]}"
same "several files" "" --format csv parts/part-0.csv parts/part-1.gz parts/part-2.csv "${names[@]}"
check "standard input" 0 "checksum    $expected" "" bash -c "cat in/r.csv | '$tandem' prepare --format csv - --out d.h5 ${names[*]}"
check "a pipe" 0 "checksum    $expected" "" bash -c "'$tandem' prepare --format csv <(cat in/r.csv) --out d.h5 ${names[*]}"
check_once "standard input on three ranks" 2 "" "standard input: expected a file for 3 ranks" \
  "${launcher[@]}" "$tandem" prepare --format csv - --out no.h5 "${names[@]}"
echo 'user,item,time' >parts/part-5.csv
bad "a misspelt column" 1 "in/r.csv:1: expected a header with the column 'userid', found 'user,item,rating,time'; the nearest is 'user'" \
  --format csv in/r.csv --user-column userid
bad "a header without a column" 1 "parts/part-5.csv:1: expected a header with the column 'rating'" --format csv parts "${names[@]}"
rm parts/part-5.csv
cat >s.yaml <<'Y'
interactions:
  file: [parts/part-0.csv, parts/part-1.gz, parts/part-2.csv]
  form: csv
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
    rating: {kind: number, role: label}
    timestamp: {column: time, kind: time, role: time}
Y
same_on_ranks "files of a schema" "" --schema s.yaml .
sed -i '/file:/d' s.yaml
same "a folder for a schema" "" --schema s.yaml parts

# --- times
# times NAME SAID FORMAT OPTION...: each time as printf's %()T has it.
times() {
  { echo user,item,rating,time && rows | while IFS='|' read -r u i r t; do
    TZ=UTC printf "%s,%s,%s,%($3)T\n" "$u" "$i" "$r" "$t"; done; } >in/t.csv
  same "times: $1" "$2" --format csv in/t.csv "${names[@]}" "${@:4}"
}
times "ISO 8601" "" %Y-%m-%dT%H:%M:%SZ
times "a space and a fraction" "" '%Y-%m-%d %H:%M:%S.25'
times "slashes and an offset" "" '%Y/%m/%d %H:%M:%S +0000'
times "fractions" "" %s.75
times milliseconds "timestamp is taken for milliseconds, by the size" %s000
times "milliseconds, told" "" %s000 --timestamp-unit ms
times microseconds "timestamp is taken for microseconds" %s123456
times nanoseconds "timestamp is taken for nanoseconds" %s123456789
times "a form of their own" "" '%d.%m.%Y %H-%M-%S' --timestamp-format '%d.%m.%Y %H-%M-%S'
sed -i 's/timestamp: .*/timestamp: {column: time, kind: time, role: time, unit: ms}/' s.yaml
mkdir ms && { echo user,item,rating,time && cells '%s,%s,%s,%s000'; } >ms/r.csv
same "a unit in a schema" "" --schema s.yaml ms
sed -i 's/unit: ms/format: "%sms"/' s.yaml
{ echo user,item,rating,time && cells '%s,%s,%s,%sms'; } >ms/r.csv
same "a form in a schema" "" --schema s.yaml ms
printf 'a,b,3,1433221332117\nc,d,4,20\n' >in/t.csv
bad "two units" 1 "in/t.csv:2: expected milliseconds as timestamp, as its first values are; found '20'" in/t.csv \
  --format csv "${numbers[@]}"
printf 'a,b,3,20180920\nc,d,4,20180921\n' >in/t.csv
check "dates of digits" 0 "rows        2" "timestamp is taken for dates as YYYYMMDD" \
  "$tandem" prepare in/t.csv --format csv "${numbers[@]}" --test-fraction 0 --out d.h5

# --- encodings
printf 'Caf\351,1\nna\357f,2\n' >in/latin1.csv
bad "another encoding" 1 "in/latin1.csv:1: expected UTF-8 text, found byte 0xe9 as byte 4 of the line; if it is text of \
another encoding, iconv -f latin1 -t utf-8 makes it UTF-8; prepare reads it by --encoding latin1" --format csv in/latin1.csv --no-header
printf 'Caf\303\251,1\nna\303\257f,2\n' >in/utf8.csv
"$tandem" prepare --format csv --no-header in/utf8.csv --out d.h5 >out
expected=$(checksum_of)
same latin1 "" --format csv --no-header --encoding latin1 in/latin1.csv
same windows-1252 "" --format csv --no-header --encoding windows-1252 in/latin1.csv
same_on_ranks "latin1, found" "in/latin1.csv: read as Latin-1, as it is no UTF-8" --format csv --no-header --encoding auto \
  in/latin1.csv
same "utf-8, found" "in/utf8.csv: read as UTF-8" --format csv --no-header --encoding auto in/utf8.csv
bad "an encoding of two bytes" 2 "expected one whose line ends and digits are those of ASCII" --encoding utf-16 in/utf8.csv
bad "no encoding" 2 "found 'klingon'" --encoding klingon in/utf8.csv
mkdir dat && printf '1::1::3::1\n2::1::4::2\n' >dat/ratings.dat && printf '1::\303\211lan (1931)::Drama\n' >dat/movies.dat
check "MovieLens 1M's form in UTF-8" 0 "items       1, named" "dat/movies.dat: read as UTF-8" \
  "$tandem" prepare --test-fraction 0 --format movielens-1m dat --out d.h5
grep -q 'Élan (1931)' <<<"$("$tandem" inspect d.h5)" || fail "a title in UTF-8 is not kept: $("$tandem" inspect d.h5 | grep bytes)"
check "MovieLens guessed" 0 "items       1, named" "dat: taken for --format movielens-1m, as it holds ratings.dat and movies.dat" \
  "$tandem" prepare --test-fraction 0 dat --out d.h5

# --- lists
printf '0,3\n0,1\n0,7\n5,1\n' >in/r.csv
"$tandem" prepare --format csv --no-header in/r.csv --out d.h5 >out
expected=$(checksum_of)
printf '0 3 1 7\n4\n5 1 \n' >in/lists.txt
same_on_ranks lists "in/lists.txt: taken for lists" in/lists.txt
same "lists, told" "" --format lists in/lists.txt
printf '0 5 7\n1 2 9\n' >in/lists.txt
which="which of 3 columns are the user and the item, as by --user-column 1 --item-column 2; found no word on it"
bad "lists of equal length" 1 "$which; where a line is a user and a list of items, say --format lists" --separator ' ' in/lists.txt
check "columns of three that are told" 0 "rows        2" "2 of 3 columns are read; where a line is a user and a list of items" \
  "$tandem" prepare --test-fraction 0 --separator ' ' --user-column 1 --item-column 2 in/lists.txt --out d.h5
bad "one of three that is told" 1 "$which" --format csv --user-column 1 --no-header <(printf '0,5,7\n1,2,9\n')
printf 'when,who,what\n5,ann,x\n6,bob,y\n' >in/columns.csv
bad "a header that does not say it" 1 "$which" --format csv --header in/columns.csv
printf 'user_id,movieId,stars\nann,x,5\nbob,y,4\n' >in/columns.csv
check "a header that says it" 0 "rows        2" "not read: 'stars'" "$tandem" prepare --test-fraction 0 --format csv --header in/columns.csv --out d.h5
printf 'who,item,when\nann,x,5\nbob,y,4\n' >in/columns.csv
check "a header that says the one, an option the other" 0 "rows        2" "not read: 'when'" \
  "$tandem" prepare --test-fraction 0 --format csv --user-column who in/columns.csv --out d.h5
printf 'movieId,userId\n1,2\n3,4\n' >in/columns.csv
bad "a header that says otherwise" 1 "which of 2 columns are the user and the item" --format csv --header in/columns.csv
printf '1\tU1\tN55189 N42782\n2\tU2\tN1\n3\tU3\tN7, N55189\n' >in/lists.tsv
bad "lists in a column" 1 "in/lists.tsv: expected one name as item, found 'N7, N55189' and the like in 2 of the first 3 rows; lines of" \
  --user-column 2 --item-column 3 in/lists.tsv
cat >l.yaml <<'Y'
interactions:
  form: tsv
  fields:
    user: {column: 2, kind: category, role: user}
    item: {column: 3, kind: category, role: item}
Y
check "names like lists, by a schema" 0 "rows        3" "2 of 3 columns are read" "$tandem" prepare --test-fraction 0 --schema l.yaml in/lists.tsv --out d.h5
printf 'U1\tThe 39 Steps\nU2\tToy Story 2\nU3\t12 Monkeys\n' >in/titles.tsv
check "titles with numbers" 0 "rows        3" "taken for tsv" "$tandem" prepare --test-fraction 0 --no-header in/titles.tsv --out d.h5

# --- headers
printf 'userId,movieId\n1,10\n1,20\n2,10\n' >in/h.csv
check "words above numbers" 0 "rows        3" "the first line, 'userId,movieId', is taken for the header" \
  "$tandem" prepare --format csv --test-fraction 0 in/h.csv --out d.h5
check "words that are a row" 0 "rows        4" "" "$tandem" prepare --format csv --no-header --test-fraction 0 in/h.csv --out d.h5
printf 'user,thing\nann,x\nbob,y\n' >in/h.csv
check "a known word" 0 "rows        2" "'user,thing', is taken for the header" \
  "$tandem" prepare --format csv --test-fraction 0 in/h.csv --out d.h5
printf 'eve,z\nann,x\nbob,y\n' >in/h.csv
check "words above words" 0 "rows        3" "'eve,z', is taken for a row (--header" \
  "$tandem" prepare --format csv --test-fraction 0 in/h.csv --out d.h5
printf 'user,stars\nann,3\nuser,stars\nbob,4\n' >in/h.csv
check "a header further down" 0 "rows        2" "" \
  "$tandem" prepare --format csv --item-column stars --user-column user --test-fraction 0 in/h.csv --out d.h5

# --- missing values
# odd NAME WARNING RATING...: the ratings in turn; WARNING is none, or what is said of one that is odd.
odd() {
  for i in $(seq 0 39); do echo "u$((i % 8)),i$((i % 5)),${*:3 + i % ($# - 2):1}"; done >in/odd.csv
  check "$1" 0 "rows        40" "$2" "$tandem" prepare --format csv --no-header --rating-column 3 in/odd.csv --out d.h5
  check "$1, three ranks" 0 "rows        40" "$2" "${launcher[@]}" "$tandem" prepare --format csv --no-header --rating-column 3 \
    in/odd.csv --out d.h5
}
odd "ratings of -1" "rating: 40.0 % of the rows have -1, far from all others" 7 -1 9 -1 8
odd "ratings of 99" "rating: 25.0 % of the rows have 99, far from all others: if it stands for none, say --missing 99, or" 2.5 99 -7.5 9
odd "ratings of 0 among three" "rating: 50.0 % of the rows have 0, far" 0 8 0 10
odd "ratings from 1 to 5" "" 1 2 3 4 5
odd "-1, 0 and 1" "" -1 0 1
check "where it is said" 0 "rows        40" "" "$tandem" prepare --format csv --no-header --rating-column 3 --missing 0 in/odd.csv --out d.h5
sed -i 's/,1$/,99/' in/odd.csv
check "where the rows are left out" 0 "rows        27" "" "$tandem" prepare --format csv --no-header --rating-column 3 \
  --where 'rating < 9' in/odd.csv --out d.h5
{ echo user,item,rating && for i in $(seq 40); do echo "u$((i % 8)),i$((i % 5)),$((i % 3 == 0 ? -1 : i % 4))"; done; } >in/m.csv
sed 's/,-1$/,-1.00/; 3s/,[0-9]*$/,/' in/m.csv >in/n.csv
sed '3s/,[0-9]*$/,-1/' in/m.csv >in/o.csv
bad "no rating that nobody told of" 1 "in/n.csv:3: expected a finite number as rating, found ''" --format csv "${names[@]:0:6}" in/n.csv
"$tandem" prepare --format csv "${names[@]:0:6}" --missing -1 in/o.csv --out m.h5 >out
expected=$(checksum_of)
same "missing ratings" "" --format csv "${names[@]:0:6}" --missing NA --missing -1 in/n.csv
cat >m.yaml <<'Y'
interactions:
  form: csv
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
    rating: {kind: number, role: label, missing: ['', NA, -1]}
Y
same "missing ratings of a schema" "" --schema m.yaml in/n.csv
cat >c.yaml <<'Y'
model: {width: 8}
train: {batch_size: 16, epochs: 2, shards: 4}
rating: {enabled: true, hidden: [8]}
Y
check "training without some ratings" 0 "" "2 epochs" "$tandem" train c.yaml --data m.h5 --run one
check "training without some ratings, three ranks" 0 "" "2 epochs" "${launcher[@]}" "$tandem" train c.yaml --data m.h5 --run three
newest_of() { "$tandem" inspect --checksum "$(find "$1/checkpoints" -name '*.h5' | sort | tail -1)" | grep -o '[0-9a-f]\{16\}'; }
[ "$(newest_of one)" = "$(newest_of three)" ] ||
  fail "ranks give other parameters where ratings are missing"
check "evaluation without some ratings" 0 "RMSE" "" "$tandem" evaluate --run one
grep -q 'RMSE nan' out && fail "the error of ratings is none: $(cat out)"

# --- other forms, by their names
# refused NAME MESSAGE BYTES: what begins so is refused.
refused() {
  # shellcheck disable=SC2059
  printf "$3" >in/x
  bad "$1" 1 "in/x: expected text of lines, found $2" in/x --format csv
}
refused zip "a zip archive; convert it: unzip -p in/x | tandem prepare ... -" 'PK\003\004\024\000'
refused bzip2 "a bzip2 file; convert it: bzip2 -dc in/x | tandem prepare ... -" 'BZh91AY&SY\002\003'
refused Parquet "a Parquet file; convert it: duckdb -csv -c \"SELECT * FROM 'in/x'\" | tandem prepare ... -, or: python3" \
  'PAR1\025\004\025'
refused Arrow "an Arrow (Feather) file" 'ARROW1\000\000'
refused HDF5 "an HDF5 file" '\211HDF\r\n\032\n'
refused SQLite "an SQLite database" 'SQLite format 3\000'
refused NumPy "an array of NumPy" '\223NUMPY\001'
refused UTF-16 "UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8 in/x" '\377\376a\000,\000b\000\n\000'
refused "UTF-16 without a mark" "UTF-16 text; convert it: iconv -f UTF-16LE" 'a\000,\000b\000\n\000c\000,\000d\000\n\000'
refused "CR alone" "lines that end by CR alone; convert it: tr '\\r' '\\n' <in/x" 'a,b\rc,d\r'
refused Excel "the line \`sep=\` of Excel before the header; convert it: tail -n +2 in/x" 'sep=;\na;b\n'
refused "a JSON list" "one list of JSON objects, not a line for each; convert it: jq -c '.[]' in/x" '[\n{"a": 1}]\n'
refused "a web page" "a web page" '<!DOCTYPE html>\n<html>\n'
printf '{"a": 1}\n{"a": 2}\n' >in/x
bad "JSON objects" 1 "in/x: expected delimited text, found JSON objects, one a line: read them with --format jsonl" in/x --format csv
bad "JSON objects without names" 2 "expected a member's name for a column of JSON objects" in/x
sed -i 's/form: tsv/form: jsonl/' l.yaml
bad "JSON objects without names in a schema" 1 "expected a member's name for a column of JSON objects, found '2'" --schema l.yaml in/x
printf 'one\ntwo words\nthree\n' >in/x
bad "no form at all" 1 "in/x: cannot tell its form" in/x
printf '{"u": "a", "i": "b", "r": 3}\n{"u": "a", "i": ["b", "c"], "r": 3}\n' >in/x
bad "a list for a value" 1 "in/x:2: expected one value as item, found a list" in/x --user-column u --item-column i
printf '{"u": "a", "i": {"b": 1}}\n' >in/x
bad "an object for a value" 1 "in/x:1: expected a text, a number or a list of them as 'i', found an object; members of an \
object are named with a dot, such as 'i.id'" in/x --user-column u --item-column i
printf '{"u": "a", "i": "b"}\n{"u": "a", "i" "c"}\n' >in/x
bad "broken JSON" 1 "in/x:2: expected a JSON object, found '{\"u\": \"a\", \"i\" \"c\"}': " in/x --user-column u --item-column i
check "broken JSON that is left out" 0 "bad lines   1 left out" "left out in/x:2" \
  "$tandem" prepare in/x --user-column u --item-column i --skip-bad 1 --test-fraction 0 --out d.h5

# --- bad lines: the first that cannot be left out is the error, on any number of ranks
# bad_lines NAME ERROR INPUT OPTION...: three lines are bad, of which two may be left out, or all.
bad_lines() {
  local one
  check "$1" 1 "" "$2" "$tandem" prepare --out no.h5 --skip-bad 2 "${@:3}"
  one=$(grep '^tandem' error)
  grep -q ', after 2 bad lines were left out$' <<<"$one" || fail "$1: other lines are bad: $one"
  check "$1, three ranks" 1 "" "$2" "${launcher[@]}" "$tandem" prepare --out no.h5 --skip-bad 2 "${@:3}"
  [ "$one" = "$(grep '^tandem' error)" ] || fail "$1: on one rank '$one', on three '$(cat error)'"
  "$tandem" prepare --out d.h5 --skip-bad 3 "${@:3}" >out 2>error || fail "$1: $(cat error)"
  expected=$(checksum_of)
  check "$1, left out on three ranks" 0 "checksum    $expected" "left out" \
    "${launcher[@]}" "$tandem" prepare --out d.h5 --skip-bad 3 "${@:3}"
}
cells '{"u": "%s", "i": "%s", "r": %s, "t": %s}' | sed '5s/"u"/u/; 44s/"i": "[^"]*"/"i": [1, 2]/; 80s/\.5/x/' >in/x
bad_lines "bad JSON" "in/x:80: expected a JSON object, found" in/x --format jsonl --user-column u --item-column i \
  --rating-column r --timestamp-column t
sed -i '3s/,[^,]*$/,never/' parts/part-0.csv
{ head -40 parts/part-2.csv && echo 'u1,i1,5,1' && echo 'u1,i1,5' && echo 'u1,i1,good,1500000000'; } >parts/part-6.csv
bad_lines "bad lines of several files" "parts/part-6.csv:35: expected a finite number as rating, found 'good'" --format csv \
  "${names[@]}" parts/part-0.csv parts/part-2.csv parts/part-1.gz parts/part-6.csv
cells '%s %s i1 i2' | sed '7s/i/\xff/; 30s/i/\xff/; 66s/ i1/ \xff/' >in/x
bad_lines "bad lists" "in/x:66: expected UTF-8 text, found byte 0xff" in/x --format lists
cells "%s '%s' %s" | sed "7s/' /x/; 30s/' / x/; 66s/ [^ ]*\$//" >in/x
bad_lines "bad blanks" "in/x:66: expected 3 fields separated by ' ', found 2" in/x --blanks --quote "'" --no-header --rating-column 3

# --- one reader of times everywhere
for time in 893286638 893286638000 1998-04-22T22:57:18.5Z '1998-04-22 22:57:18 +0000' 1998/04/23 19980423; do
  check "--at $time" 0 "i3 " "" "$tandem" recommend --run one --user u1 -k 1 --at "$time"
done
{ echo user,item,timestamp && for time in 893286638 893286638000 1998-04-22T22:57:18.5Z '1998-04-22 22:57:18 +0000' 19980423; do
  echo "u1,i1,$time"; done; } >in/x
check "times of pairs" 0 "u1,i1,19980423," "" "$tandem" predict --run one --pairs in/x
report
