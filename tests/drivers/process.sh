# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# The common part of the subjects of `run process` and of the drivers that extend it.

subject_begin() { :; }

subject_not_ready() { subject_user=nobody-at-all; }

subject_process_settings() {
  process_command=("$suite/program" "${behaviour[@]}")
  process_user=${subject_user-}
  process_env=(${subject_env[@]+"${subject_env[@]}"})
  process_directory=$slot
  process_signal=TERM
  process_open_files=''
  process_log_limit=${subject_log-67108864}
  process_keeper=$subject_keeper
  if [[ ${behaviour[0]} == missing ]]; then
    process_command=(no-such-program)
  fi
}
