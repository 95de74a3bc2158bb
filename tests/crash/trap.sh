#!/bin/bash
# Interrupts a script before one of its commands. BASH_ENV names this file, so bash sources it before it runs the
# script. The file sets a DEBUG trap, which runs before each command. harm.rs sets these variables:
#
# CRASH_SHELLS   the commands that count. main: those of the script's own shell; children: those of its subshells
# CRASH_PLACE    the place of the commands that count: FUNCTION:LINE; FUNCTION for all its lines; empty for any place
# CRASH_POINT    the number of the command, of those that count, before which the script is interrupted; from 1
# CRASH_SIGNAL   the signal: KILL, TERM or INT
# CRASH_TARGET   who gets it. main: the script; group: the script and all its children; self: the shell of the command
# CRASH_HIT      a file that gets the interrupted command and its function
# CRASH_COUNTER  a file with the count of the children, because subshells cannot share a variable
# CRASH_LOG      if set, nothing is interrupted. This file gets a line for each command that counts: FUNCTION:LINE, the
#                kind of its first word (the output of `type -t`), and the command
#
# The script's first lines remove all functions and switch `functrace` off, so that functions would not inherit the
# trap. Therefore the trap switches `functrace` on again before each command, and loads crash_point again if it is gone.
# If the script starts bash or itself, only the first script gets the trap.
crash_count=${crash_count-0}

crash_point() {
  local place=${FUNCNAME[1]-}:${BASH_LINENO[0]} line=${BASH_COMMAND%%$'\n'*}
  if [[ $CRASH_SHELLS == main ]]; then
    [[ $BASHPID == "$$" ]] || return 0
  else
    [[ $BASHPID != "$$" ]] || return 0
  fi
  if [[ -n ${CRASH_LOG-} ]]; then
    local word=${line%%[[:space:]]*}
    # Each word is looked up only once. A subshell for each command would make the run so slow that deadlines pass.
    [[ -n $word && -n ${crash_kinds["$word"]+is} ]] || crash_kinds["${word:- }"]=$(type -t -- "$word")
    printf '%s %s %s\n' "$place" "${crash_kinds["${word:- }"]}" "$line" >>"$CRASH_LOG"
    return 0
  fi
  [[ $CRASH_SHELLS == main ]] || read -r crash_count <"$CRASH_COUNTER"
  crash_count=$((crash_count + 1))
  [[ $CRASH_SHELLS == main ]] || printf '%s\n' "$crash_count" >"$CRASH_COUNTER"
  ((crash_count == CRASH_POINT)) || return 0
  trap - DEBUG
  printf '%s, in %s\n' "$line" "${FUNCNAME[*]:1}" >"$CRASH_HIT"
  case $CRASH_TARGET in
    main) kill -s "$CRASH_SIGNAL" "$$" ;;
    group) kill -s "$CRASH_SIGNAL" 0 ;;
    self) kill -s "$CRASH_SIGNAL" "$BASHPID" ;;
  esac
}

[[ -z ${CRASH_MAIN-} ]] || return 0
declare -A crash_kinds=()
export CRASH_MAIN=$$ CRASH_TRAP=${BASH_SOURCE[0]}
set -o functrace
# A script runs thousands of commands. So the trap itself compares the place, and calls crash_point only there. The trap
# is one line, because each of its lines would change LINENO.
crash_at=${CRASH_PLACE:-*}
[[ $crash_at == *[:*]* ]] || crash_at+=':*'
# shellcheck disable=SC1090,SC2154 # it is this file; crash_at is assigned above
trap '[[ $- == *T* ]] || set -o functrace; [[ ${FUNCNAME-main}:$LINENO != $crash_at ]] || { declare -F crash_point >/dev/null || . "$CRASH_TRAP"; crash_point; }' DEBUG
