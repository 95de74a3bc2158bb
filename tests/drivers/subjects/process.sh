# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# `run process` in a session of its own.
kind=run
driver=process
base=''
files=(../../stdlib/run/process.sh)

subject_begin() { :; }

subject_settings() {
  process_command=("$suite/program" "${behaviour[@]}")
  process_user=${subject_user-}
  process_env=(${subject_env[@]+"${subject_env[@]}"})
  process_directory=$slot
  process_signal=TERM
  process_open_files=''
  process_log_limit=${subject_log-67108864}
  process_keeper=${subject_keeper-session}
  if [[ ${behaviour[0]} == missing ]]; then
    process_command=(no-such-program)
  fi
}

# subject_false_identity PID: the identity of a process that had this pid before.
subject_false_identity() {
  printf 'pid %s %s %s\n' "$1" "$(($(process_start_time "$1") - 1))" "$(cat /proc/sys/kernel/random/boot_id)"
}
