# ---- main: one command --------------------------------------------------------------------------

command=''
deployment=''       # id of the deployment
deployment_given='' # the same, if the caller gave one
script=''           # this file
scratch=''          # temporary files of this process
from='' to=''       # colors
served=''           # what serves after a way back
outcome=''          # success or failure, and why, for the user's last steps
outcome_reason=''
seconds=0
unmanaged=no
began=0
boot=''

usage() {
  cat <<USAGE
$app: blue/green deploys on this host (${colors[*]}).

  deploy           prepare, switch and cleanup in a row
  prepare          start the idle color and probe it; users see nothing
  switch           point the proxy at the prepared color and verify; goes back if that fails
  cleanup          drain and stop the previous color
  abort            stop a prepared color
  rollback         go back to the release that served before
  adopt            take over a fragment edited by hand, or a color started by hand
  resume           bring the live color up, after a boot
  status [--json]  what serves, what is under way
  history          earlier deployments
  doctor           is this host ready
  plan             what a deployment would do
  help             this text

Options: --deployment ID (several commands belong to one deployment), --log json, --dry-run (as plan)
Exit: 0 done; 1 failed, what served before serves; 2 wrong usage or input; 3 host not ready, nothing
changed; 4 another deployment is at work; 5 needs a person
USAGE
}

# wrong_usage WORDS…
wrong_usage() {
  printf '%s: %s\nTry: %s help\n' "$app" "$*" "${0##*/}" >&2
  exit 2
}

main() {
  local format='' asked_json='' dry=no
  exec </dev/null
  export LC_ALL=C
  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
  script=${BASH_SOURCE[0]}
  [[ $script == /* && ! -L $script ]] || script=$(readlink -f "$script")
  case ${1-} in
    _release)
      shift
      hidden release_command "$@"
      ;;
    _detached)
      shift
      "$@"
      return
      ;;
  esac
  while (($#)); do
    case $1 in
      --log)
        [[ ${2-} == json ]] || wrong_usage "--log takes json, not '${2-}'"
        format=json
        shift
        ;;
      --deployment)
        deployment_given=${2-}
        is_deployment_id "$deployment_given" || wrong_usage "--deployment takes an id of letters, digits and . _ : / -, not '$deployment_given'"
        shift
        ;;
      --json) asked_json=json ;;
      --dry-run) dry=yes ;;
      --help | -h) command=help ;;
      -*) wrong_usage "unknown option $1" ;;
      *)
        [[ -z $command || $command == help ]] || wrong_usage "one command at a time, not '$command' and '$1'"
        [[ -n $command ]] || command=$1
        ;;
    esac
    shift
  done
  if [[ $dry == yes ]]; then
    case $command in
      '' | deploy | plan) command=plan ;;
      *) wrong_usage "--dry-run shows what deploy would do; for $command there is none" ;;
    esac
  fi
  choose_output "$format"
  if [[ -z $deployment_given && -n $hook_deployment ]]; then
    is_deployment_id "$hook_deployment" || wrong_usage "the deployment's id in the environment is '$hook_deployment': expected letters, digits and . _ : / -"
    deployment_given=$hook_deployment
  fi
  deployment=${deployment_given:-$(printf '%(%Y%m%d-%H%M%S)T' -1)-$$}
  case $command in
    help) usage ;;
    '')
      usage >&2
      exit 2
      ;;
    deploy | prepare | switch | cleanup | abort | rollback | resume | adopt) mutate ;;
    status | history | doctor | plan) inspect "$asked_json" ;;
    *) wrong_usage "unknown command '$command'" ;;
  esac
}

# is_deployment_id TEXT: it becomes a line of the journal and the name of a file.
is_deployment_id() {
  [[ $1 =~ ^[A-Za-z0-9._:/-]{1,100}$ ]]
}

# hidden FUNCTION ARG…: for this script's own calls of itself.
hidden() {
  local code
  scratch=$(mktemp -d) || exit 3
  empty_inputs
  switch_settings
  watch_signals
  "$@"
  code=$?
  # The caller must not take a signal for an answer.
  [[ -z $interrupted ]] || code=143
  rm -rf "$scratch"
  exit "$code"
}

# inspect: commands that change nothing; they need no lock.
inspect() {
  local code
  scratch=$(mktemp -d) || exit 3
  trap 'rm -rf "$scratch"' EXIT
  watch_signals
  locate_state || give_verdict
  empty_inputs
  switch_settings
  read_journal
  "$command" "${1-}"
  code=$?
  ((code == 0)) || {
    write_line error "$command: $reason"
    exit "$exit_code"
  }
  exit 0
}

# mutate: commands that change something: under the mutex, after recovery, with a verdict.
mutate() {
  now
  began=$now_ms
  cd / 2>/dev/null || exit 3
  watch_signals
  locate_state || give_verdict
  exit_code=3
  open_state || give_verdict
  log_file=$state/log/${deployment//\//_}.log
  [[ -f $log_file ]] || (umask 077 && : >"$log_file")
  to_log "command: $command, process $$, deployc $deployc"
  exit_code=1
  enter_mutex || give_verdict
  ! compgen -G "$state/scratch.*" >/dev/null || rm -rf "$state"/scratch.*
  scratch=$state/scratch.$$
  # All answers of drivers are kept there for a moment.
  { bounded "${deadline[journal]}" mkdir -m 700 "$scratch" && printf '%s\n' "$command" >"$scratch/command"; } 2>/dev/null || {
    if asked_to_stop; then
      fail_with "stopped by $interrupted"
    else
      exit_code=3
      fail_with "cannot write to $state: is the disk full?"
    fi
    give_verdict
  }
  trap end_unasked EXIT
  empty_inputs
  switch_settings
  sweep_logs
  if recover && "run_$command"; then
    reason=''
  else
    fail_with "$command ended for a reason that was not said: see $log_file" || :
  fi
  give_verdict
}

run_deploy() {
  if prepare && switch_over; then
    succeeded
    clean_up
  else
    failed
  fi
}

run_prepare() {
  prepare || failed
}

run_switch() {
  if [[ ${journal[phase]} == switched ]] && [[ ${journal[deployment]} == "$deployment" || -z $deployment_given ]]; then
    say "deployment ${journal[deployment]} has switched already: ${journal[to]} is live"
    to=${journal[to]}
    return 0
  fi
  take_up_reservation || return
  deployment=${journal[deployment]}
  switch_over || {
    # The proxy is not ready, and nothing has happened yet: the reservation stays.
    [[ $exit_code != 3 || ${journal[phase]} != prepared ]] || return
    failed
    return
  }
  succeeded
}

run_cleanup() { clean_up; }
run_abort() { abort; }
run_resume() { resume; }

# run_adopt: no version is deployed, so the user's last steps have nothing to tell.
run_adopt() {
  local cause where name
  adopt && return
  cause=$reason where=$step_where name=$step_name
  unmanaged=no
  # Before it has begun, the journal may speak of another deployment, which is left as it is.
  if [[ ${journal[kind]} == adopt ]]; then
    go_back
  else
    tell_served
  fi
  reason=${reason:-$cause} step_where=$where step_name=$name
  remember failed
  return 1
}

run_rollback() {
  if prepare_previous && switch_to_previous; then
    succeeded
    clean_up
  else
    failed
  fi
}

# succeeded, failed: what deploy.bg wants done when the outcome is known; it does not change it.
succeeded() {
  outcome=success
  seconds_since "$began"
  seconds=$elapsed
  remember ok
  outcome_steps success
}

failed() {
  local cause=$reason where=$step_where name=$step_name
  go_back
  reason=${reason:-$cause}
  outcome=failure
  seconds_since "$began"
  seconds=$elapsed
  remember failed
  shielded=yes
  cause=$reason
  outcome_reason=$reason
  reason=''
  outcome_steps failure
  shielded=no
  reason=$cause step_where=$where step_name=$name
  return 1
}

# end_unasked: bash itself gave up (it has no memory, say). What was begun is put right by the next run.
end_unasked() {
  rm -rf "$scratch"
  [[ ${journal[phase]-idle} == idle ]] || write_line error "$command of $app ended in the middle of '$step_name': run any command of this script to put it right"
}

# give_verdict: the last lines say what happened, why, and what serves.
give_verdict() {
  trap 'rm -rf "$scratch"' EXIT
  group_ends
  seconds_since "$began"
  if [[ -z $reason ]]; then
    case $command in
      deploy | switch | rollback) say "$command of $app: done in ${elapsed}s: $to serves${from:+, $from served before}" ;;
      prepare) say "prepare of $app: done in ${elapsed}s: $to is ready; switch makes it live" ;;
      *) say "$command of $app: done in ${elapsed}s" ;;
    esac
    exit 0
  fi
  write_line error "$command of $app: failed${step_name:+ at $step_name}${step_where:+ ($step_where)}: $reason"
  case $exit_code in
    1) say "${served:-what served before} serves, as before" ;;
    3) say 'nothing was changed' ;;
    5) say "a person is needed; what serves now: ${served:-unknown}" ;;
  esac
  exit "$exit_code"
}

# sweep_logs: those of the last 50 deployments are kept.
sweep_logs() {
  local -a logs=("$state"/log/*)
  ((${#logs[@]} > 50)) || return 0
  mapfile -t logs < <(ls -1t "$state/log" 2>/dev/null)
  local name
  for name in ${logs[@]+"${logs[@]:50}"}; do
    rm -f "$state/log/$name"
  done
}
