#!/bin/sh
# Stands first in PATH under the name of every program: counts calls, and fails at one of them.
#
# SHIM_LOG    if set: a file with a line for each call
# SHIM_TOOL   the program that fails, SHIM_CALL: at which call, from 1, SHIM_FAULT: fails, hangs or missing
# SHIM_COUNT  a file with a line for each call of that program; SHIM_HIT: a file that says that it failed
tool=${0##*/}
if [ -n "${SHIM_LOG-}" ]; then
  echo "$tool" >>"$SHIM_LOG"
fi
if [ "${SHIM_TOOL-}" = "$tool" ]; then
  echo "$*" >>"$SHIM_COUNT"
  lines=0
  while read -r call; do
    lines=$((lines + 1))
  done <"$SHIM_COUNT"
  if [ "$lines" -eq "$SHIM_CALL" ]; then
    echo "$tool $call" >"$SHIM_HIT"
    case $SHIM_FAULT in
      fails) exit 1 ;;
      hangs) exec /usr/bin/sleep 3600 ;;
      missing) exit 127 ;;
    esac
  fi
fi
for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin; do
  if [ -x "$folder/$tool" ]; then
    exec "$folder/$tool" "$@"
  fi
done
exit 127
