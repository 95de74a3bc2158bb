# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# `run process` in a session of its own.
# also busybox
kind=run
chain=process
files=(../../../stdlib/run/process.sh ../../../stdlib/run/process_session.sh ../../../stdlib/run/process_unit.sh)

subject_keeper=session

# shellcheck source=/dev/null
source "$suite/process.sh"

subject_settings() { subject_process_settings; }

# subject_false_identity PID: prints the identity of an earlier process with the same pid.
subject_false_identity() {
  printf 'pid %s %s %s\n' "$1" "$(($(process_start_time "$1") - 1))" "$(cat /proc/sys/kernel/random/boot_id)"
}
