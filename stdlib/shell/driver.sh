# ---- driver: how the script calls the drivers ----------------------------------------------------

answer='' # what the last called function of a driver printed

# function_of CHAIN NAME: Sets `found` to the function NAME of the first driver that has it: the driver itself, or one
# that it extends. Fails if none has it.
function_of() {
  local driver
  for driver in $1; do
    found=${driver}_$2
    ! declare -F "$found" >/dev/null || return 0
  done
  return 1
}

# call_driver SETTINGS CHAIN KEY NAME ARG…: Calls the driver's function NAME and sets `answer` to its output. KEY is the
# function's key in `deadline`. The function runs in a subshell; only there the settings are set. There `limit` is the
# time that the call may take, in ms. The exit code is the function's. 124: the time was over. 127: no driver has the
# function, or the script has no deadline for it. 143: interrupted.
call_driver() {
  local settings=$1 chain=$2 key=$3 name=$4 driver=${2%% *} found code limit
  shift 4
  function_of "$chain" "$name" || {
    answer="driver $driver has no function $name"
    return 127
  }
  limit=${deadline["$key"]-}
  [[ -n $limit ]] || {
    answer="$driver: the script has no deadline for $name, so it was not called"
    return 127
  }
  bounded "$limit" with_settings "$settings" "$found" "$@" >"$scratch/answer" 2>"$scratch/errors"
  code=$?
  read_answer
  if [[ -s $scratch/errors ]]; then
    to_log "$driver $name: $(<"$scratch/errors")"
    [[ -n $answer || $code == 0 ]] || answer=$(tail -n 3 "$scratch/errors")
  fi
  case $code in
    124) answer="$driver: $name did not finish within $((limit / 1000))s" ;;
    143) answer="$driver: $name was interrupted" ;;
  esac
  return "$code"
}

# with_settings SETTINGS FUNCTION ARG…: Sets the settings and runs FUNCTION. The caller sets `driver`, `name` (the
# function's name without the driver's) and `limit`.
with_settings() {
  # Drivers that were written for 0.1.0 read their deadline from `deadline[${switch}_confirm]`.
  # shellcheck disable=SC2034
  local run=$driver switch=$driver
  deadline["${driver}_$name"]=$limit
  "$1"
  "${@:2}"
}

# ask_run FUNCTION ARG…: Calls a function of the run driver of the current service.
ask_run() { call_driver "settings.$service" "${run_of["$service"]}" "$service $1" "$@"; }

# run_has FUNCTION: Succeeds if the run driver of the current service has this function.
run_has() {
  local found
  function_of "${run_of["$service"]}" "$1"
}

# ask_run_if_able FUNCTION ARG…: The same as `ask_run`, but succeeds without a call if the driver has no such function.
ask_run_if_able() {
  ! run_has "$1" || ask_run "$@"
}

# ask_switch FUNCTION ARG…: Calls a function of the switch driver.
ask_switch() { at_first new call_driver switch.settings "${switch_chain[*]}" "switch.$1" "$@"; }

# switch_has FUNCTION: Succeeds if the switch driver has this function.
switch_has() {
  local found
  function_of "${switch_chain[*]}" "$1"
}

# The probes call these functions for the current color.
color_alive() { ask_run alive; }
color_listens() { ask_run listens; }

# color_logs LINES: Prints the last lines of the application's log, for the report of a failure.
color_logs() {
  ask_run logs "$1" || return 0
  show_logs_of "$service's log"
}

# show_logs_of WHAT: Prints the lines of `answer` as the last lines of WHAT.
show_logs_of() {
  local line
  [[ -n $answer ]] || return 0
  say "  the last lines of $1:"
  while IFS= read -r line; do
    say "    | $line"
  done <<<"$answer"
}

# read_answer: Sets `answer` to the output of the driver's function, without the line ends at its end.
read_answer() {
  IFS= read -r -d '' answer <"$scratch/answer" || :
  while [[ $answer == *$'\n' ]]; do
    answer=${answer%$'\n'}
  done
}
