# Completion of tandem's command lines in bash: commands; a command's options, and the values among which it chooses,
# as its own --help has them; configuration keys after --set; topics after help; files elsewhere.
# shellcheck shell=bash

# _tandem_commands TANDEM: what `tandem help` lists, one a line.
_tandem_commands() {
  "$1" help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}

# _tandem_keys TANDEM: the configuration's.
_tandem_keys() {
  "$1" help config 2>/dev/null | sed -n 's/^  [* ] \([a-z_]*\.[a-z_]*\):.*/\1/p'
}

# _tandem_options TANDEM COMMAND: one a line as help has them, "--data=FILE", "--fresh", "-k".
_tandem_options() {
  ARGP_HELP_FMT=opt-doc-col=48,rmargin=30000 "$1" "$2" --help 2>/dev/null |
    sed -nE 's/^  (-., | {4})(--[^ ]+).*/\2/p; s/^  (-[^-]) .*/\1/p'
}

# _tandem_choices TANDEM COMMAND OPTION: "table", "tsv".. of --format=table|tsv|..; nothing of --data=FILE.
_tandem_choices() {
  _tandem_options "$1" "$2" | sed -nE "s/^$3\\[?=([^]]*\\|[^]]*)\\]?\$/\\1/p" | tr '|' '\n' | grep -E '^[a-z0-9-]+$'
}

# Sets COMPREPLY to those words of the list, one a line, that begin as the word does; with what follows each.
_tandem_offer() {
  local word=$1 list=$2 after=${3:-}
  mapfile -t COMPREPLY < <(compgen -S "$after" -W "$list" -- "$word")
}

_tandem() {
  local tandem=$1 word=$2 before=$3 command=${COMP_WORDS[1]:-} option=
  COMPREPLY=()
  [[ $tandem != '~'/* ]] || tandem=$HOME/${tandem#'~'/}
  if [ "$COMP_CWORD" -eq 1 ]; then
    _tandem_offer "$word" "$(_tandem_commands "$tandem") --help --version"
    return
  fi
  if [ "$command" = help ]; then
    [ "$COMP_CWORD" -gt 2 ] || _tandem_offer "$word" "$(_tandem_commands "$tandem" | grep -vx help) config"
    return
  fi

  # bash takes "=" for a word of its own: --set=KEY is three of them.
  if [ "$word" = = ]; then
    option=$before word=
  elif [ "$before" = = ]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $word != -* && $before == --* ]]; then
    option=$before
  fi
  case $option in
  '') ;;
  --set)
    _tandem_offer "$word" "$(_tandem_keys "$tandem")" =
    compopt -o nospace 2>/dev/null || true
    return
    ;;
  --*)
    _tandem_offer "$word" "$(_tandem_choices "$tandem" "$command" "$option")"
    return
    ;;
  esac
  [[ $word == -* ]] || return 0
  _tandem_offer "$word" "$(_tandem_options "$tandem" "$command" | sed -E 's/\[?=.*/=/; s/\[=/=/')"
  [[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2>/dev/null || true
}

complete -o default -F _tandem tandem
