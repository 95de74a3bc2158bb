#!/bin/bash
# Sourced by bash before the script runs ($BASH_ENV): comes between its commands and interrupts it before one of them.
#
# CRASH_SHELLS   main: the script's own commands; children: those of its subshells
# CRASH_PLACE    where, FUNCTION:LINE, or FUNCTION: its first command; empty: anywhere
# CRASH_POINT    the how manyth time it comes there, from 1; 0: never
# CRASH_SIGNAL   KILL, TERM, INT
# CRASH_TARGET   main: the script; group: it and all its children; self: the shell that came there
# CRASH_HIT      a file that says where, when the point was reached
# CRASH_COUNTER  a file that holds the count of the children
# CRASH_LOG      if set: a file with a line for each command: FUNCTION:LINE, what its first word is, the command
#
# The script's first lines take every function away and let functions inherit no trap, so the trap itself puts both back, before the next
# command. The calls that the script makes of itself are other programs: only the first is interrupted.
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
    # Asked once: a process for each command would make the run too slow for what it waits for.
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
# A script runs thousands of commands, so the trap compares the place itself and calls a function only there. It is one
# line, because each line of a trap counts in LINENO.
crash_at=${CRASH_PLACE:-*}
[[ $crash_at == *[:*]* ]] || crash_at+=':*'
# shellcheck disable=SC1090,SC2154 # it is this file; crash_at is assigned above
trap '[[ $- == *T* ]] || set -o functrace; [[ ${FUNCNAME-main}:$LINENO != $crash_at ]] || { declare -F crash_point >/dev/null || . "$CRASH_TRAP"; crash_point; }' DEBUG
