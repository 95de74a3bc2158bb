# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# `run command` with a small process manager of the suite.
# without kills_what_ignores_term: the process manager decides which processes it kills
# without ends_its_children: the same reason
# without ends_what_a_wrapper_leaves: the same reason
# without ends_what_forgot_its_environment: the same reason
# without ends_what_is_left_of_a_dead_one: the same reason
# without reports_a_daemon: the process manager decides how it follows a daemon
# without reports_the_exit_code: only the process manager knows the exit code
# without inherits_no_limit_of_the_caller: the process manager decides about the limits
# without runs_as_another_user: the process manager decides about the user
# without reports_an_unknown_user: the same reason
# without caps_the_log: the process manager writes the log
# without a_full_disk_does_not_stop_it: the same reason
kind=run
chain='command'
files=(../../../stdlib/run/command.sh)

subject_begin() {
  mkdir -p /srv/manager
  chmod 777 /srv/manager
}

subject_manager=$suite/manager

subject_not_ready() { subject_manager=no-such-manager; }

subject_settings() {
  command_start=("$suite/manager" start "$suite/program" "${behaviour[@]}")
  command_stop=("$suite/manager" stop)
  command_alive=("$suite/manager" alive)
  command_logs=("$subject_manager" logs)
  command_identity=("$suite/manager" identity)
  command_env=(${subject_env[@]+"${subject_env[@]}"})
  command_directory=$slot
  if [[ ${behaviour[0]} == missing ]]; then
    command_start=(no-such-program)
  fi
}

# subject_false_identity PID: makes the manager run this process, and prints the identity of another one.
subject_false_identity() {
  printf '%s\n' "$1" >/srv/manager/pid
  printf 'kept 1\n'
}
