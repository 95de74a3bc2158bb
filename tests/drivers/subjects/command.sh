# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# `run command` with a small process manager of the suite.
# without kills_what_ignores_term: whether to kill is the process manager's to decide
# without ends_its_children: as above
# without ends_what_a_wrapper_leaves: as above
# without ends_what_forgot_its_environment: as above
# without ends_what_is_left_of_a_dead_one: as above
# without tells_a_daemon: what a daemon is, the process manager knows
# without tells_the_exit_code: only the process manager knows it
# without hides_the_callers_environment: the environment is the process manager's
# without runs_as_another_user: the user is the process manager's
# without tells_an_unknown_user: as above
# without caps_the_log: the log is the process manager's
# without a_full_disk_does_not_stop_it: as above
kind=run
chain='command'
files=(../../../stdlib/run/command.sh)

subject_begin() {
  mkdir -p /srv/manager
  chmod 777 /srv/manager
}

subject_settings() {
  command_start=("$suite/manager" start "$suite/program" "${behaviour[@]}")
  command_stop=("$suite/manager" stop)
  command_alive=("$suite/manager" alive)
  command_logs=("$suite/manager" logs)
  command_identity=("$suite/manager" identity)
  command_env=(${subject_env[@]+"${subject_env[@]}"})
  command_directory=$slot
  if [[ ${behaviour[0]} == missing ]]; then
    command_start=(no-such-program)
  fi
}

# subject_false_identity PID: the manager runs it now, but it is not what the driver had started.
subject_false_identity() {
  printf '%s\n' "$1" >/srv/manager/pid
  printf 'kept 1\n'
}
