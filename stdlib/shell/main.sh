# ---- main: runs one command ----------------------------------------------------------------------

command=''
planned=''          # the command's name in the plan: `rollback_to` for `rollback RELEASE`, otherwise the same
wanted_release=''   # the RELEASE of `rollback RELEASE`
wanted_color=''     # the COLOR of `adopt COLOR`
stops_serving=no    # yes: `--stop-serving` was given, so `remove` may stop the live color
deployment=''       # the deployment's id
deployment_given='' # the same, if the caller gave it; otherwise empty
script=''           # this script's file; `script_text` is its content, because the file may be replaced during a run
script_text=''
scratch='' # the folder for this process's temporary files
served=''  # what serves after a failure, in words
outage=''  # the sentence in the last line of a failed command, if `COLOR serves, as before` would not be true
began=0

usage() {
  printf '%s\n' "\
$app: blue/green deploys on this host (${colors[*]}).

  deploy           prepare, switch and cleanup in a row
  prepare          start the idle color and probe it; users see nothing
  switch           point the proxy at the prepared color and verify; goes back if that fails
  cleanup          drain and stop the previous color
  abort            stop a prepared color
  rollback         go back to the release that served before
  rollback RELEASE switch to a copy of a kept release (see releases), in the idle color
  restart          start the live release again in the idle color, with its inputs read again
  adopt            take over the proxy's file after an edit by hand, or a color started by hand
  adopt COLOR      the same; if the file routes to another color than it should, put COLOR in force
  resume           start the live color, after a boot
  remove           remove the app from this host; with --stop-serving also if a color is live
  status [--json]  show the live color and any unfinished deployment
  history          list the earlier deployments
  releases         list the kept releases, for rollback RELEASE
  doctor           check whether this host is ready
  plan             show what a deployment would do
  help             print this text

Options: --deployment ID (several commands belong to one deployment), --log json, --dry-run (as plan)
Exit: 0 done; 1 failed, users get the same as before; 2 wrong usage or input; 3 host not ready,
nothing changed; 4 another deployment is active; 5 a person must act"
}

# wrong_usage WORDS…: Prints the error on standard error and exits 2.
wrong_usage() {
  printf '%s: %s\nTry: %s help\n' "$app" "$*" "${0##*/}" >&2
  exit 2
}

main() {
  local format='' asked_json='' dry=no
  exec </dev/null
  export LC_ALL=C
  script=$script_file
  case ${1-} in
    _release)
      shift
      command=${DEPLOYC_COMMAND-} # the command that asks
      exclusive_for_asker=${DEPLOYC_EXCLUSIVE-}
      # Only the script that started a release answers for it, because the services and drivers of another script may
      # differ.
      [[ ${1-} == /* && $1/script -ef $script ]] || wrong_usage "_release takes the folder of the release that this script is in, not '${1-}'"
      run_hidden_command release_command "$@"
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
      --stop-serving) stops_serving=yes ;;
      --help | -h) command=help ;;
      -*) wrong_usage "unknown option $1" ;;
      *)
        if [[ $command == rollback && -z $wanted_release ]]; then
          [[ $1 =~ ^[A-Za-z0-9._-]{1,100}$ ]] || wrong_usage "'$1' is not a release: \`releases\` lists them"
          wanted_release=$1
        elif [[ $command == adopt && -z $wanted_color ]]; then
          known_color "$1" || wrong_usage "adopt takes one of the colors ${colors[*]}, not '$1'"
          wanted_color=$1
        elif [[ -n $command && $command != help ]]; then
          wrong_usage "one command at a time, not '$command' and '$1'"
        else
          command=$1
        fi
        ;;
    esac
    shift
  done
  if [[ $dry == yes ]]; then
    case $command in
      '' | deploy | plan) command=plan ;;
      *) wrong_usage "--dry-run shows what deploy would do; $command has no dry run" ;;
    esac
  fi
  planned=$command
  [[ -z $wanted_release ]] || planned=rollback_to
  [[ $stops_serving == no || $command == remove ]] || wrong_usage "--stop-serving is only for remove"
  choose_output "$format"
  if [[ -z $deployment_given && -n $hook_deployment ]]; then
    is_deployment_id "$hook_deployment" || wrong_usage "the deployment's id in the environment is '$hook_deployment': expected letters, digits and . _ : / -"
    deployment_given=$hook_deployment
  fi
  printf -v deployment '%(%Y%m%d-%H%M%S)T-%s' -1 $$
  deployment=${deployment_given:-$deployment}
  case $command in
    help) usage ;;
    '')
      usage >&2
      exit 2
      ;;
    deploy | prepare | switch | cleanup | abort | rollback | restart | remove | resume | adopt) mutate ;;
    status | history | releases | doctor | plan) inspect "$asked_json" ;;
    *) wrong_usage "unknown command '$command'" ;;
  esac
}

# is_deployment_id TEXT: Succeeds if TEXT may be an id. It becomes a line of the journal and the name of a file.
is_deployment_id() {
  [[ $1 =~ ^[A-Za-z0-9._:/-]{1,100}$ ]]
}

# run_hidden_command FUNCTION ARG…: Runs FUNCTION for `_release`, a command that only scripts of this app call. Exits
# with FUNCTION's exit code.
run_hidden_command() {
  local code
  scratch=$(mktemp -d) || exit 3
  empty_inputs
  watch_signals
  "$@"
  code=$?
  # After a signal the exit code is 143, so that the caller does not take FUNCTION's exit code for an answer.
  [[ -z $interrupted ]] || code=143
  rm -rf "$scratch"
  exit "$code"
}

# inspect: Runs a command that changes nothing. It needs no lock.
inspect() {
  local code
  scratch=$(mktemp -d) || exit 3
  trap remove_scratch EXIT
  watch_signals
  empty_inputs
  empty_journal
  verdict=refuse exit_code=3
  locate_state || give_verdict
  # The commands ask the releases in this folder by their scripts. Nobody else may have changed these.
  state_is_readable || give_verdict
  read_journal
  "$command" "${1-}"
  code=$?
  ((code == 0)) || {
    write_line error "$command: $reason"
    exit "$exit_code"
  }
  exit 0
}

# mutate: Runs a command that changes something: takes the mutex, recovers from an interrupted run, runs the command's
# program, and exits with a verdict.
mutate() {
  now
  began=$now_ms
  cd / 2>/dev/null || exit 3
  watch_signals
  empty_inputs
  empty_journal
  # The release keeps this text. It is read before the wait for the lock, because the file may be replaced during the
  # wait.
  IFS= read -r -d '' script_text <"$script" || :
  verdict=refuse exit_code=3
  locate_state || give_verdict
  open_state || give_verdict
  log_file=$state/log/${deployment//\//_}.log
  umask 077 # only for the log; `open_state` has set 022
  [[ -f $log_file ]] || : >"$log_file"
  umask 022
  to_log "command: $command, process $$, deployc $runtime"
  enter_mutex || {
    [[ -z $interrupted ]] || stopped_early
    give_verdict
  }
  trap on_unexpected_exit EXIT
  make_scratch || give_verdict
  bounded "${deadline["journal"]}" sweep_logs
  read_boot
  verdict=''
  if recover; then
    run_command
  fi
  give_verdict
}

# make_scratch: Makes the folder for the answers of drivers. Removes the folders that earlier runs left.
make_scratch() {
  ! compgen -G "$state/scratch.*" >/dev/null || bounded "${deadline["journal"]}" rm -rf "$state"/scratch.*
  scratch=$state/scratch.$$
  # Another application may have come first, before this run had the lock.
  state_is_of_this_app || return
  { bounded "${deadline["journal"]}" open_scratch && printf '%s\n' "$command" >"$scratch/command"; } 2>/dev/null && return 0
  if asked_to_stop; then
    stopped_early
    fail_with "stopped by $interrupted"
  else
    fail_with "cannot write to $state: is the disk full?"
  fi
  return 1
}

# stopped_early: Sets the verdict of a command that a signal ends before it could repair what an interrupted run has left.
stopped_early() {
  local phase=''
  { read -r phase <"$state/journal"; } 2>/dev/null || :
  verdict=stopped
  [[ $phase != phase=*swapping ]] || outage='users get the same as before; what an interrupted run has left is not repaired yet: run any command of this script again'
}

# open_scratch: Makes the folder. A command that makes a release also notes whose state this is.
open_scratch() {
  mkdir -m 700 "$scratch" || return
  [[ -z $place || ! $command =~ ^(deploy|prepare|adopt)$ ]] || write_file "$state/place" "$place"
}

# run_command: Runs the command's program. If it fails, runs the steps that deploy.bg has for a failure.
run_command() {
  local ended
  exit_code=3
  run_program "command.$planned"
  # Before `adopt COLOR` users may have had either color, so nothing leads back to what they had.
  [[ $verdict != @(failed|stopped) || $between_colors == no || -z $in_force ]] || verdict=person
  [[ $verdict != 'done' ]] || return 0
  find_served
  [[ " ${commands_with_failure_steps[*]} " == *" $planned "* ]] || return 0
  [[ $verdict != refuse || $exit_code == 3 || $exit_code == 2 ]] || return 0
  ended=$verdict
  # The journal is closed and names no release any more. The user's last steps get the release of this command.
  [[ -z $closed_release ]] || candidate=$closed_release
  shielded=yes
  run_program plan.failed
  shielded=no
  verdict=$ended
}

# find_served: Sets `served` and `outage` from what this process has seen. It reads the live color even after a signal.
find_served() {
  local shielded_before=$shielded value another=''
  outage=''
  shielded=yes
  read_live
  [[ $live_state != color || -n $in_force ]] || ! confirmed_is_another "$live" || another=$value
  shielded=$shielded_before
  served=$in_force
  if [[ $command == resume && $verdict == stopped ]]; then
    served="the part of ${from:-the live color} that still runs"
    return 0
  fi
  if [[ -n $served && $failing_colors == *" $served "* ]]; then
    served+=', which does not pass its probes'
    return 0
  fi
  if [[ $served == unknown ]]; then
    served="unknown: the proxy's files route to ${live:-$live_state}, and the script could not see which color is in force"
    return 0
  fi
  [[ -z $served ]] || return 0
  if nobody_runs_live; then
    served=nothing
    return 0
  fi
  case $live_state in
    # The live color may be down or fail its probes. Then `served` must not say that it serves.
    color)
      served=$live
      if [[ -n $another ]]; then
        served="unknown: the proxy's file routes to $live, but $another was confirmed last and still runs"
        outage='users get the same as before'
      elif [[ $failing_colors == *" $live "* ]]; then
        served="$live, which does not pass its probes"
      elif live_is_dead; then
        served='no color that runs'
        case $live_passes in
          yes) outage="users get no answer: $live, which served before, has ended meanwhile; \`resume\` starts it" ;;
          no) outage='users get no answer, as before: the live color does not run' ;;
          *) outage='users get no answer: the live color does not run' ;;
        esac
      elif [[ $live_passes == no ]]; then
        served="no color that passes \`verify\`"
        outage="the live color does not pass \`verify\`, as before"
      fi
      ;;
    none) served=nothing ;;
    *) served="the configuration that the proxy loaded last (its files: ${live_why:-$live_state})" ;;
  esac
}

# remove_scratch: Removes `scratch` when this process ends. A subshell that is ended in its first moments still has its
# parent's traps, so a subshell removes nothing.
remove_scratch() {
  [[ $BASHPID == "$$" ]] || return 0
  shielded=yes
  bounded "${deadline["journal"]}" rm -rf "$scratch"
}

# on_unexpected_exit: Runs if bash itself gives up, for example because it has no memory. Exits 5 if a deployment is
# unfinished; the next run recovers it.
on_unexpected_exit() {
  [[ $BASHPID == "$$" ]] || return 0
  if [[ ${journal[phase]-idle} != idle ]]; then
    write_line error "$command of $app ended in the middle of '$step_name': run any command of this script to repair it"
    trap remove_scratch EXIT
    exit 5
  fi
  remove_scratch
}

# give_verdict: Prints the last lines: what happened, why, and what serves. Exits with the command's exit code.
give_verdict() {
  trap remove_scratch EXIT
  group_ends
  seconds_since "$began"
  [[ -z $reason ]] || keep_cause
  if [[ $verdict == 'done' ]]; then
    case $command in
      deploy | switch | rollback | restart)
        if [[ ${in_force:-$to} == "$to" ]]; then
          say "$command of $app: done in ${elapsed}s: $to serves${from:+, $from served before}"
        else
          say "$command of $app: done in ${elapsed}s: $in_force serves, as before"
        fi
        ;;
      remove) say "remove of $app: done in ${elapsed}s: nothing of it serves or runs, and its state is removed" ;;
      prepare) say "prepare of $app: done in ${elapsed}s: $to is ready; switch makes it live" ;;
      *) say "$command of $app: done in ${elapsed}s" ;;
    esac
    exit 0
  fi
  step_where=$cause_where
  write_line error "$command of $app: failed${cause_name:+ at $cause_name}${cause_where:+ ($cause_where)}: ${cause:-the reason is unknown: see $log_file}"
  case $verdict in
    failed | stopped)
      say "${outage:-${served:-the color that served before} serves, as before}${shown_for:+; users had $to for ${shown_for}s}"
      exit 1
      ;;
    refuse)
      ((exit_code != 3)) || [[ $recovered == yes ]] || say 'nothing was changed'
      exit "$exit_code"
      ;;
    *)
      say "a person must act; what serves now: ${served:-unknown}"
      say_what_next
      exit 5
      ;;
  esac
}

# say_what_next: Prints what a person should do now.
say_what_next() {
  case ${journal[phase]-} in
    swapping) say "nothing else was changed: solve the problem above (\`resume\` starts the programs that do not run), then run any command of this script again: it continues from here" ;;
    removing) say 'solve the problem above, then run the command again' ;;
    switched)
      if [[ ${journal[kind]} == remove ]]; then
        say "the proxy no longer routes to $app, but a part of it is left: solve the problem above, then run \`remove\` again"
        return 0
      fi
      say "${journal[to]} stays live, because ${journal[from]:-the earlier color} no longer passes its probes: check both"
      ;;
    *) say 'solve the problem above, then run the command again' ;;
  esac
}

# sweep_logs: Removes old logs of deployments. The 50 newest are kept.
sweep_logs() {
  local -a logs=("$state"/log/*)
  ((${#logs[@]} > 50)) || return 0
  mapfile -t logs < <(ls -1t "$state/log" 2>/dev/null)
  local name
  for name in ${logs[@]+"${logs[@]:50}"}; do
    rm -f "$state/log/$name"
  done
}
