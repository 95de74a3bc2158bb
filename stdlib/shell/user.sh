# ---- user: the user's own steps ------------------------------------------------------------------

outcome='' # success or failure, for the user's last steps; `outcome_reason` says why
outcome_reason=''
seconds=0

# run_user_step FILE FUNCTION: Runs FUNCTION with its output in FILE. Messages of the script do not go to FILE. The step
# finds the reason of the outcome in `reason`.
run_user_step() {
  reason=$outcome_reason
  "$2" >"$1" 2>&1
}

# step_environment: Exports the variables that a user's step gets. Besides the port and the address of the first routed
# service, the step gets `port_NAME` and `address_NAME` for each service, with `_` for each `-` of its name.
step_environment() {
  local name key quoted
  local -a places=()
  for name in "${services[@]}"; do
    key=${name//-/_}
    places+=("port_$key=${port_of["$color $name"]-}" "address_$key=${address_of["$color $name"]-}")
  done
  for name in "${!input[@]}"; do
    export "$name=${input[$name]}"
  done
  json_string "$reason"
  reason_json=$quoted
  export DEPLOYC_ACTIVE=$app app root staging command color port address service slot from to outcome reason reason_json seconds
  for name in ${places[@]+"${places[@]}"}; do
    # A service may be called `of`, and the script's own tables are `port_of` and `address_of`. So the table of that name
    # is removed first.
    unset -v "${name%%=*}"
    [[ $name == *= ]] || export "${name%%=*}=${name#*=}"
  done
}

# once COMMAND…: Runs COMMAND only if a release is deployed. Does nothing if a release serves again: in `rollback`, in
# `rollback RELEASE`, in `restart`, and in a `cleanup` after one of them.
once() {
  local value
  case $planned in
    rollback | rollback_to | restart) return 0 ;;
    *) ;;
  esac
  [[ ${journal[kind]-} != rollback* ]] && ! meta copied "$release" || return 0
  "$@"
}

# run_exec FOLDER PROGRAM ARG…: Replaces this subshell by PROGRAM, in FOLDER, with the variables of a user's step.
run_exec() {
  cd "$1" || return
  shift
  step_environment
  exec -- "$@"
}

# run_notify DRIVER: Reports the outcome with the driver's function `notify`. The function finds `outcome`, `reason` and
# `seconds` in addition to its settings.
run_notify() {
  "$1_notify"
}

# run_shell FOLDER <TEXT: Runs the user's text in a new bash, which stops at the first command that fails.
run_shell() {
  local text
  text=$(cat)
  cd "$1" || return
  step_environment
  exec bash -eu -o pipefail -c -- "$text" step </dev/null
}
