#!/bin/sh
# Runs in place of each program: it is first in PATH, under the name of the program. It counts the calls, makes one of
# them fail, and runs the real program for all others. harm.rs sets these variables:
#
# SHIM_LOG    if set, a file that gets a line for each call of any program
# SHIM_TOOL   the program that must fail
# SHIM_CALL   the number of its call that must fail, from 1
# SHIM_FAULT  how it fails. fails: exit code 1; hangs: it does not end; missing: exit code 127, as if it did not exist
# SHIM_COUNT  a file that gets a line for each call of SHIM_TOOL
# SHIM_HIT    a file that gets the failed call
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
