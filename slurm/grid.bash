# shellcheck shell=bash
# A grid of settings, its points, and what came of them: sourced by scripts/sweep and sweep.sbatch, which set
# grid_program to their name. (tandem trains and evaluates; nothing here starts either.)
#
# A grid is `key=value|value ..`, a key a line, with blank lines and lines that begin with # left out; or in one line,
# keys apart by blanks, where no value has any. \| stands for a | of a value. Point n has a digit for each key, the
# last one's first, and is named by its settings: optimizer.learning_rate=0.05,model.width=16.
#
# FOLDER holds a run for each point, and FOLDER/sweep of point NAME
#   NAME.log   what training and evaluating it said
#   NAME.json  tandem evaluate --json of the validation rows
#   NAME.done  by what settings, configuration and data both are (grid_key); without it the point is not done

grid_fail() {
  echo "${grid_program:?}: $*" >&2
  exit 2
}

# grid_check_data DATA PROGRAM..: ends the script where the data have no validation rows; 1 if they cannot be read.
grid_check_data() {
  local facts
  facts=$("${@:2}" inspect "$1") || return 1
  ! grep -q '^  validation_rows = 0$' <<<"$facts" ||
    grid_fail "$1 has no validation rows to choose by, and the test rows are not for that:" \
      "tandem prepare --split leave_one_out has them, or --validation-fraction"
}

# grid_check_metric METRIC PROGRAM..: ends the script where no metric is called so, before anything is trained.
grid_check_metric() {
  local wanted known name
  wanted=$(sed -E 's/_at_[0-9]+$/_at_k/; s/^top_[0-9]+_/top_k_/' <<<"$1")
  known=$("${@:2}" help eval.metrics | sed -n '/out of/,/in brackets/p' | tr -d , | tr ' ' '\n' | grep -E '_|auc|coverage')
  for name in $known; do # of a task's predictions, behind its name
    [[ $wanted != "$name" && $wanted != *_"$name" ]] || return 0
  done
  grid_fail "there is no metric $1; there are ${known//$'\n'/, }"
}

# grid_settings GRID: a key a line, whatever system wrote the ends of lines, and without tabs, which tables are made of.
# GRID is a file, or else the grid itself.
grid_settings() {
  local -a words
  if [[ $1 != *=* ]]; then
    cat "$1"
  elif [[ $1 == *$'\n'* ]]; then
    echo "$1"
  else
    read -ra words <<<"$1"
    printf '%s\n' "${words[@]}"
  fi | LC_ALL=C sed -E 's/\r$//; s/\t/ /g; /^[[:space:]]*(#|$)/d'
}

# grid_lines GRID: the same, or an error. No control character is left, two of which are used below.
grid_lines() {
  [[ $1 == *=* ]] || [ -r "$1" ] || grid_fail "$1 is no grid (key=value|value), nor a file with one"
  [ "$(grid_settings "$1" | LC_ALL=C tr -d '\n\040-\176\200-\377' | wc -c)" -eq 0 ] ||
    grid_fail "the grid has control characters"
  grid_settings "$1"
}

# grid_read GRID: sets grid_keys, grid_values (of each key, apart by the character 31) and grid_points.
grid_read() {
  local text line key value list
  local -A seen=()
  local -a values
  text=$(grid_lines "$1") || exit
  grid_keys=() grid_values=() grid_points=1
  while IFS= read -r line; do
    [[ $line =~ ^[[:space:]]*([^=[:space:]]+)[[:space:]]*=(.*)$ ]] ||
      grid_fail "'$line' of the grid is no key=value|value: keys whose values have blanks stand on lines of their own"
    key=${BASH_REMATCH[1]} list=${BASH_REMATCH[2]}
    [[ ! $list =~ [[:space:]][a-z0-9_]+(\.[a-z0-9_]+)+=[^=] ]] ||
      grid_fail "'$line' of the grid has two keys: each stands on a line of its own"
    [ -z "${seen[$key]:-}" ] || grid_fail "the grid has $key twice"
    list=${list//\\|/$'\36'}
    IFS='|' read -ra values <<<"$list|" # a | at the end takes no value away
    for value in "${!values[@]}"; do
      read -r 'values[value]' <<<"${values[value]//$'\36'/|}"
      [ -n "${values[value]}" ] || grid_fail "a value of $key in the grid is empty"
      [ -z "${seen["$key=${values[value]}"]:-}" ] || grid_fail "the grid has $key=${values[value]} twice"
      seen["$key=${values[value]}"]=1
    done
    seen[$key]=1
    grid_keys+=("$key")
    grid_values+=("$(IFS=$'\37'; echo "${values[*]}")")
    grid_points=$((grid_points * ${#values[@]}))
  done <<<"$text"
}

# grid_point N: sets point_settings (key=value of each key) and point_name, which can name a file.
grid_point() {
  local rest=$1 k setting
  local -a values
  [ "$rest" -lt "$grid_points" ] || grid_fail "the grid has points 0 to $((grid_points - 1)), not $rest"
  point_settings=() point_name=''
  for ((k = ${#grid_keys[@]} - 1; k >= 0; k--)); do
    IFS=$'\37' read -ra values <<<"${grid_values[k]}"
    setting=${grid_keys[k]}=${values[rest % ${#values[@]}]}
    rest=$((rest / ${#values[@]}))
    point_settings=("$setting" "${point_settings[@]}")
    setting=${setting//%/%25}
    point_name=${setting//\//%2F}${point_name:+,$point_name}
  done
  [ "$(printf %s "$point_name" | wc -c)" -le 240 ] ||
    grid_fail "$point_name is too long for a file's name: keys with one value may stand in the configuration"
}

# grid_key CONFIG DATA OPTION..: what a point that is done was done by.
grid_key() {
  { cat "$1" && stat -L -c '%s %Y' "$2" && printf '%s\n' "${@:3}"; } | cksum
}

# grid_is_done FOLDER KEY: of the point at hand.
grid_is_done() {
  [ "$(cat "$1/sweep/$point_name.done" 2>/dev/null)" = "$2" ]
}

# grid_begin FOLDER KEY: fails if the point at hand is done; what is there of another key is none of it.
grid_begin() {
  ! grid_is_done "$1" "$2" || return
  rm -f "$1/sweep/$point_name.done"
}

# grid_checkpoint RUN: the one to evaluate: the best, where validation rows were evaluated while it trained.
grid_checkpoint() {
  if grep -q '^checkpoint.keep_best: none' "$1/config.yaml" || grep -q '^eval.every_epochs: 0' "$1/config.yaml"; then
    echo newest
  else
    echo best
  fi
}

# grid_finish FOLDER KEY: keeps the evaluation on standard input, which is whole before the point is done. Two at once
# do each other no harm: both have the same.
grid_finish() {
  local file=$1/sweep/$point_name mine=$HOSTNAME.$BASHPID
  cat >"$file.json.$mine"
  if ! grep -q '^  "split": "validation"' "$file.json.$mine"; then
    rm -f "$file.json.$mine"
    return 1
  fi
  mv "$file.json.$mine" "$file.json" && echo "$2" >"$file.done.$mine" && mv "$file.done.$mine" "$file.done"
}

# grid_metrics FILE: lines `system metric value` of evaluate's JSON; the model is the system -.
grid_metrics() {
  awk '
    function trim(s) { gsub(/[",:]/, "", s); return s }
    /^  "[^"]*": \{/ { system_ = trim($1); next }
    /^  \}/ { system_ = "" }
    /^  "/ { print "-", trim($1), trim($2) }
    /^    "/ && system_ != "" { print system_, trim($1), trim($2) }' "$1"
}

# grid_choose_metric FILE RUN METRIC: the metric to sort by, with k: METRIC (ndcg_at_10, or ndcg_at_k: the largest), or
# else the first of the run's eval.metrics that was measured.
grid_choose_metric() {
  local wanted found
  for wanted in ${3:-$(sed -n 's/^eval\.metrics: \[\(.*\)\]$/\1/p' "$2/config.yaml" | tr -d ,)}; do
    found=${wanted/#top_k_/top_[0-9]+_}
    found=$(grid_metrics "$1" | awk '$1 == "-" { print $2 }' | grep -xE "${found/%_at_k/_at_[0-9]+}" | tail -n 1)
    [ -z "$found" ] || { echo "$found"; return; }
  done
  grid_fail "$1 has no metric ${3:-of eval.metrics}; --set 'eval.metrics=[..]' chooses what is measured:" \
    "$(grid_metrics "$1" | awk '$1 == "-" { printf "%s ", $2 }')"
}

# grid_varies: the keys of which there are several values, their numbers.
grid_varies() {
  local k
  for k in "${!grid_keys[@]}"; do
    [[ ${grid_values[k]} != *$'\37'* ]] || echo "$k"
  done
}

# grid_rows FOLDER METRIC: of each point, apart by tabs: value, step, state, the settings that vary, run.
grid_rows() {
  local folder=$1 n k value step state file
  for ((n = 0; n < grid_points; n++)); do
    grid_point "$n"
    file=$folder/sweep/$point_name value=- step=- state=absent
    if [ -e "$file.done" ]; then
      read -r value step <<<"$(grid_metrics "$file.json" | awk -v metric="$2" '$1 == "-" && $2 == metric { value = $3 }
        $1 == "-" && $2 == "step" { step = $3 } END { print (value == "" || value == "null") ? "-" : value, step }')"
      state='done'
    elif [ -e "$file.log" ]; then
      state=unfinished
    fi
    printf '%s\t%s\t%s' "$value" "$step" "$state"
    for k in $(grid_varies); do printf '\t%s' "${point_settings[k]#*=}"; done
    printf '\t%s\n' "$folder/$point_name"
  done
}

# grid_sorted_rows FOLDER METRIC: the same, the best first, what has no value last. Of errors the least is best, and of
# how unequally items are listed.
grid_sorted_rows() {
  local order=gr
  [[ ! $2 =~ $grid_less_is_better ]] || order=g
  grid_rows "$1" "$2" | LC_ALL=C sort -s -t $'\t' -k1,1$order |
    awk -F '\t' '$1 == "-" { last = last $0 "\n"; next } { print } END { printf "%s", last }'
}
grid_less_is_better='(squared_error|absolute_error|log_loss)$|^gini_at_'

# grid_first_done FOLDER: makes the first point that is done the point at hand, or fails.
grid_first_done() {
  local n
  for ((n = 0; n < grid_points; n++)); do
    grid_point "$n"
    [ ! -e "$1/sweep/$point_name.done" ] || return 0
  done
  echo "$grid_program: no point of $1 is done" >&2
  return 1
}

# grid_aligned: a table apart by tabs, in columns; without its last, and values with four digits.
grid_aligned() {
  awk -F '\t' '{
      for (i = 1; i < NF; i++) {
        cell[NR, i] = (i == 1 && NR > 1 && $1 != "-") ? sprintf("%.4f", $1) : $i
        if (length(cell[NR, i]) > width[i]) width[i] = length(cell[NR, i])
      }
      columns = NF - 1
    }
    END { for (r = 1; r <= NR; r++) for (i = 1; i <= columns; i++)
      printf "%*s%s", width[i], cell[r, i], (i < columns ? "  " : "\n") }'
}

# grid_table FOLDER [METRIC]: prints the points sorted by METRIC of the validation rows, the best first, and writes them
# to FOLDER/sweep/table.tsv.
grid_table() {
  local folder=$1 metric k header file table=$1/sweep/table.tsv order=greatest
  grid_first_done "$folder" || return
  file=$folder/sweep/$point_name.json
  metric=$(grid_choose_metric "$file" "$folder/$point_name" "${2:-}") || exit
  header=$metric$'\tstep\tstate'
  for k in $(grid_varies); do header+=$'\t'${grid_keys[k]}; done
  { echo "$header"$'\trun'; grid_sorted_rows "$folder" "$metric"; } >"$table.$HOSTNAME.$BASHPID"
  mv "$table.$HOSTNAME.$BASHPID" "$table"
  [[ ! $metric =~ $grid_less_is_better ]] || order=least
  echo "$metric of the validation rows, the $order first; the test rows were not looked at"
  grid_metrics "$file" | awk -v metric="$metric" '$1 != "-" && $2 == metric { printf "%s%s %.4f", n++ ? ", " : "beside it: ", $1, $3 }
    END { if (n) print "" }'
  echo
  grid_aligned <"$table"
  echo
  awk -F '\t' 'NR == 2 { print "best: " $NF }' "$table"
  if [ "$(awk -F '\t' '$3 == "done" { print $NF }' "$table" | while IFS= read -r run; do
    grep '^  "settings":' "$folder/sweep/${run##*/}.json"; done | sort -u | wc -l)" -gt 1 ]; then
    echo "$grid_program: the points were evaluated under different settings (eval.*), so their values may not be comparable" >&2
  fi
}
