# ---- user: steps of the user's own -------------------------------------------------------------------

outcome='' # success or failure, and why, for the user's last steps
outcome_reason=''
seconds=0

# run_user_step FILE FUNCTION: only its output goes there, not what the script says meanwhile. Its `reason` is that of the outcome.
run_user_step() {
  reason=$outcome_reason
  "$2" >"$1" 2>&1
}

# step_environment: what a step of the user's sees.
step_environment() {
  local name
  for name in "${!input[@]}"; do
    export "$name=${input[$name]}"
  done
  export DEPLOYC_ACTIVE=$app app root staging color port address service slot from to outcome reason seconds
}

# run_exec FOLDER PROGRAM ARG…
run_exec() {
  cd "$1" || return
  shift
  step_environment
  exec "$@"
}

# run_notify DRIVER: tells somebody what came of it; the driver finds `outcome`, `reason` and `seconds` beside its settings.
run_notify() {
  "$1_notify"
}

# run_shell FOLDER <TEXT: bash of its own for the user's text; it stops at the first command that fails.
run_shell() {
  local text
  text=$(cat)
  cd "$1" || return
  step_environment
  exec bash -eu -o pipefail -c -- "$text" step </dev/null
}
