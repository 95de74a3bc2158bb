# ---- driver: how the script talks to the drivers ----------------------------------------------------

answer='' # the line that the last driver call printed

# function_of CHAIN NAME: sets `found`, the function of the first driver that has it: the driver, or one that it extends.
function_of() {
  local driver
  for driver in $1; do
    found=${driver}_$2
    ! declare -F "$found" >/dev/null || return 0
  done
  return 1
}

# call_driver SETTINGS CHAIN KEY NAME ARG…: sets `answer`; the exit code is the function's. KEY is how `deadline` calls it. The settings are
# known in the subshell only in which the function runs; `limit` is there, too: how many milliseconds it has.
call_driver() {
  local settings=$1 chain=$2 key=$3 name=$4 driver=${2%% *} found code limit
  shift 4
  function_of "$chain" "$name" || {
    answer="driver $driver has no function $name"
    return 127
  }
  limit=${deadline["$key"]-10000}
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

# with_settings SETTINGS FUNCTION ARG…: for a `driver`, the `name` of its function and its `limit`.
with_settings() {
  # Drivers that were written for 0.1.0 read their time from `deadline[${switch}_confirm]`.
  # shellcheck disable=SC2034
  local run=$driver switch=$driver
  deadline["${driver}_$name"]=$limit
  "$1"
  "${@:2}"
}

# ask_run FUNCTION ARG…: the driver of the service at hand.
ask_run() { call_driver "settings.$service" "${run_of["$service"]}" "$service $1" "$@"; }

# run_has FUNCTION: the driver of the service at hand is able to.
run_has() {
  local found
  function_of "${run_of["$service"]}" "$1"
}

# ask_run_if_able FUNCTION ARG…: what a driver that `cannot` has nothing to do for.
ask_run_if_able() {
  ! run_has "$1" || ask_run "$@"
}

# ask_switch FUNCTION ARG…: the driver of the proxy.
ask_switch() { at_first new call_driver switch.settings "${switch_chain[*]}" "switch.$1" "$@"; }

# switch_has FUNCTION
switch_has() {
  local found
  function_of "${switch_chain[*]}" "$1"
}

# What the probes ask of the color at hand.
color_alive() { ask_run alive; }
color_listens() { ask_run listens; }

# color_logs LINES: the last lines of the application's log, for the report of a failure.
color_logs() {
  ask_run logs "$1" || return 0
  show_logs_of "$service's log"
}

# show_logs_of WHAT: the lines of `answer`.
show_logs_of() {
  local line
  [[ -n $answer ]] || return 0
  say "  the last lines of $1:"
  while IFS= read -r line; do
    say "    | $line"
  done <<<"$answer"
}

# read_answer: sets `answer`, what a driver's function printed, without the line end.
read_answer() {
  IFS= read -r -d '' answer <"$scratch/answer" || :
  while [[ $answer == *$'\n' ]]; do
    answer=${answer%$'\n'}
  done
}
