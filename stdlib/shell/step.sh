# ---- step: one action of the plan, with its place in deploy.bg ---------------------------------

at_mode=run   # run; gates, verifies: only those; sum: only add up how long gates may take; plan: only print
step_where='' # deploy.bg:14
step_name=''
reason=''   # why the command fails: the first cause
exit_code=1 # of a failure: 1 unless something says otherwise
gates_ms=0

# at WHERE ACTION ARG…: an action that deploy.bg asks for.
at() {
  local where=$1 name of=''
  shift
  case $at_mode in
    plan)
      step_title "$@"
      say "  $name ($where)"
      return 0
      ;;
    gates) [[ $1 == gate ]] || return 0 ;;
    verifies) [[ $1 == verify ]] || return 0 ;;
    sum)
      [[ $1 != gate ]] || "$@"
      return
      ;;
  esac
  take_step "$where" "$@"
}

# step ACTION ARG…: an action that every deployment has.
step() { take_step '' "$@"; }

take_step() {
  local where=$1 started elapsed code name of=''
  shift
  step_title "$@"
  if asked_to_stop; then
    fail_with "stopped by $interrupted"
    return
  fi
  step_where=$where
  step_name=$name
  now
  started=$now_ms
  step_begins "$name"
  "$@"
  code=$?
  seconds_since "$started"
  if ((code == 0)); then
    step_ends ok "$name" "$elapsed"
    step_where=''
  else
    if asked_to_stop; then
      # Whatever else failed follows from it; and what was asked to stop may have changed something.
      reason="stopped by $interrupted"
      ((exit_code != 3)) || exit_code=1
    fi
    step_ends FAILED "$name" "$elapsed"
  fi
  return "$code"
}

# step_title ACTION ARG…: sets `name`, as progress and verdict call it. A service is named where there are several.
step_title() {
  ((${#services[@]} == 1)) || of=" of ${2-}"
  case $1 in
    start) name="start${of:- $to}" ;;
    gate) name="probe $3$of" ;;
    gate_again) name="probe $3$of again" ;;
    hand_over) name="hand over $2" ;;
    user_step) name=${2//_/ } ;;
    verify) name=${2//_/ } ;;
    passes_again) name="probe $2 again" ;;
    point_back) name="point the proxy back" ;;
    take_inputs) name='read inputs' ;;
    find_adopted) name='find what is live' ;;
    make_adopted) name="take over ${to:-it}" ;;
    swap_adopted) name='swap' ;;
    commit_adopted) name='commit' ;;
    drain_color) name="drain $2" ;;
    drop_candidate)
      name="stop ${to:-the new color}"
      [[ ${journal[kind]-} != adopt ]] || name="leave $to as it was"
      ;;
    *) name=${1//_/ } ;;
  esac
}

# warn_step: a step that comes too late to go back for.
warn_step() {
  warn "$step_name${step_where:+ ($step_where)}: ${reason:-failed}"
  reason=''
  step_where=''
}

# user_step NAME MILLISECONDS: a step of the user's; its output is shown while it runs.
user_step() {
  local code
  : >"$scratch/step"
  exec 6<"$scratch/step"
  followed_fd=6
  bounded "$2" run_user_step "$scratch/step" "$1"
  code=$?
  follow_last
  followed_fd=''
  exec 6<&-
  case $code in
    0) return 0 ;;
    124) fail_with "${1//_/ } did not finish within $(($2 / 1000))s" ;;
    143) fail_with "${1//_/ } was interrupted" ;;
    *) fail_with "${1//_/ } ended with exit code $code" ;;
  esac
}

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
