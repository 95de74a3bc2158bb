# deployc-runtime 0.2.0: the code of each step of a deployment; the same file for every application.
#
# Do not edit. An application's script, APP.sh beside this file, contains its settings and the order of its commands. APP.sh
# checks the sha256 of this file before it reads it. `deployc runtime --check FILE` tells whether FILE is a released runtime.
#
# shellcheck shell=bash
# Each of the two files uses variables that the other one sets. Functions are called by name.
# shellcheck disable=SC2034,SC2154,SC2317
# A local variable of one name can be an array in one function and a text in another.
# shellcheck disable=SC2128,SC2178

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

# ---- runner: executes programs, which are lines of `otherwise` and `step` ---------------------------
#
# A failed step ends its program, unless `otherwise` is `warn`: the rest is skipped, and `run_program` continues with
# what `otherwise` names. No action calls another one, and none knows which step comes next.
#
# The exit code of `do_ACTION`: 0 is success, everything else a failure. These codes say more, but each only while
# `otherwise` is as written here. Anywhere else they are a failure like any other, because an action may have passed on
# the exit code of a tool or of a driver.
#   10 with refuse   success, and the command has nothing to do
#   2 with refuse    the command's exit code is 2, not 3
#   5 with later     only a person can decide
#   143              a signal ended the step

turn=''      # empty while steps run; otherwise why no more steps run: `end`, or the reaction to the failed step
otherwise='' # what happens if one of the next steps fails
listing=no   # yes: the steps are printed, and none is run
looking=no   # yes: only the steps that change nothing are run (`doctor`)
answer_of='' # the answer of the table `recovery` for the journal of the earlier run
recovered=no # yes: this command first undid or finished what an earlier run had left
verdict=''   # how the command ended: done, failed, refuse, stopped or person

step_name=''  # the current step in words, for messages
step_where='' # its place, such as deploy.bg:14
reason=''     # why the current step fails
cause=''      # why the command fails: the first reason; the next two say at which step, and where
cause_name='' cause_where=''
exit_code=1 # the exit code of a refused command

otherwise() { otherwise=$1; }

# step ACTION [new|old [SERVICE]] ARG… [@LINE]: Runs the action `do_ACTION`, unless the program has ended. LINE is the
# step's line in deploy.bg.
step() {
  local where='' code begun
  if [[ ${!#} == @* ]]; then
    where=${!#} where=${where#@}
    [[ $where == *:* ]] || where=$source:$where
    set -- "${@:1:$#-1}"
  fi
  if [[ $listing == yes ]]; then
    list_step "$where" "$@"
    return 0
  fi
  if [[ $looking == yes ]]; then
    look_at_step "$where" "$@"
    return 0
  fi
  [[ -z $turn ]] || return 0 # the program has ended, so the step is skipped
  step_where=$where
  group_of_program "${FUNCNAME[@]:1}"
  step_begins "$@"
  now
  begun=$now_ms code=143
  # A step whose failure is only a warning is short, so it runs even after a request to stop.
  if [[ $otherwise == warn ]] || ! asked_to_stop; then
    "do_$1" "${@:2}"
    code=$?
    # A step that succeeded stays successful, even if a signal came meanwhile. The next step reacts to the signal.
    ((code == 0)) || ! asked_to_stop || code=143
  fi
  case $otherwise:$code in
    *:0) step_ends ok "$begun" "$@" ;;
    refuse:10)
      step_ends ok "$begun" "$@"
      turn='end'
      ;;
    *)
      step_ends FAILED "$begun" "$@"
      step_failed "$code"
      ;;
  esac
}

# step_failed CODE: Decides what comes after a failed step, from `otherwise` and from the step's exit code.
step_failed() {
  # 143: the signal is the cause of every other failure.
  (($1 != 143)) || reason="stopped by ${interrupted:-a signal}"
  case $otherwise:$1 in
    later:5)
      turn=person
      keep_cause
      ;;
    warn:*)
      warn "$step_name${step_where:+ ($step_where)}: ${reason:-failed}"
      reason=''
      ;;
    later:*)
      warn "$step_name${step_where:+ ($step_where)} is not finished: ${reason:-failed}; the next command of this script continues it"
      reason='' interrupted=''
      turn=later
      ;;
    *)
      turn=$otherwise
      case $otherwise:$1 in
        refuse:2) exit_code=2 ;;
        refuse:143 | person:143) # a removal after its swap is unfinished and keeps what `otherwise` names
          [[ $shielded == yes || ${journal[kind]}:${journal[phase]} == remove:switched ]] || turn=stopped
          ;;
      esac
      keep_cause
      ;;
  esac
}

# keep_cause: Keeps the first reason as the cause of the command's failure. Later reasons are its consequences and are
# appended.
keep_cause() {
  reason=${reason:-failed}
  if [[ -z $cause ]]; then
    cause=$reason cause_name=$step_name cause_where=$step_where
  elif [[ $cause != *"$reason"* ]]; then
    cause+="; and on the way back, at $step_name: $reason"
  fi
  reason=''
}

# run_program NAME: Runs the program NAME, then the ways back that its failures name. Sets `verdict`: done, failed (a
# way back succeeded), refuse (nothing was changed), stopped (by a signal, with nothing to undo) or person.
run_program() {
  local program=$1 ways=0 shielded_before=$shielded
  local -a through=('done' failed person)
  while :; do
    turn='' otherwise=person
    "$program"
    case $turn in
      '' | 'end' | later) verdict=${through[ways < 2 ? ways : 2]} ;;
      refuse | stopped | person) verdict=$turn ;;
      *) # a way back: a signal does not interrupt it. After a second way the verdict is person.
        program=way.$turn ways=$((ways + 1)) shielded=yes interrupted=''
        continue
        ;;
    esac
    break
  done
  turn='' shielded=$shielded_before
  leave_proxy_mutex
}

# recover: Undoes or finishes what an interrupted run left. Fails if the command's own program must not run. Then
# `verdict` is set already.
recover() {
  local before=none reservation kind_of
  while :; do
    read_journal
    take_up_journal || return
    find_reservation
    kind_of=${journal[kind]:-deploy}
    recovery "$planned" "${journal[phase]}" "$kind_of" "$reservation" # the table; it sets `answer`
    answer_of=$answer
    case $answer_of in
      proceed) return 0 ;;
      nothing)
        verdict='done'
        say_nothing_to_do
        return 1
        ;;
      usage | refuse | person)
        refuse_journal
        return 1
        ;;
    esac
    # The last round has not changed the state, so the next command or a person must do it.
    if [[ $before == "${journal[phase]} ${journal[kind]}" ]]; then
      still_unfinished
      return 1
    fi
    before="${journal[phase]} ${journal[kind]}"
    say_recovery
    recover_by "${answer_of#*:}"
    recovered=yes
    [[ ${before%% *} != swapping || -z $in_force ]] || say "  $in_force serves"
    case $answer_of in
      instead:*)
        # This command is a rollback. The recovery was this rollback. If it failed, the interrupted deployment stays as
        # it is.
        [[ $verdict != 'done' ]] || say 'the interrupted deployment was rolled back: this completes the rollback'
        [[ $verdict != failed ]] || verdict=person
        find_served
        return 1
        ;;
      try:*)
        forget_cause
        return 0
        ;;
    esac
    [[ $verdict == 'done' || $verdict == failed ]] || return 1
    forget_cause
  done
}

# recover_by PROGRAM: Runs a program that recovers. A signal interrupts a cleanup, but not a way back.
recover_by() {
  [[ $1 == plan.cleanup ]] || shielded=yes
  run_program "$1"
  shielded=no
}

# forget_cause: Forgets the reasons and times that a recovery has set, because they are not the command's own.
forget_cause() {
  cause='' cause_name='' cause_where='' reason='' step_name='' step_where='' in_force=''
  reload_began='' shown_since='' shown_for=''
}

# ---- order: the programs that are the same in every application ----------------------------------
#
# Made from the plan by `tests/regenerate`; do not edit. The other programs are in the application's script. In both, `old` is the color
# that serves when a command begins, `new` is the other one. If a step fails, the other steps are skipped, and the last `otherwise` names
# what follows: a way back, or
#   refuse   nothing was changed: exit 3             later    print a warning, exit 0; the next command continues
#   warn     print a warning; the next step follows  person   a person must act: exit 5

plan.rollback() { # goes back to the release that served before, with this release's own script and the same swap
  otherwise refuse
  step choose_earlier
  step check_host
  step preflight_proxy
  step put_off_journal
  step journal preparing
  plan.serve_release
}

plan.rollback_to() { # `rollback RELEASE`: a copy of a release that was good, in the idle color
  otherwise refuse
  step choose_kept
  step check_host
  step preflight_proxy
  step test_as_it_is
  step no_stranger new
  step journal preparing
  otherwise end_new
  step copy_release
  step sync_release
  step clear_idle new
  step ports_are_free new
  plan.serve_release
}

plan.restart() { # a copy of the live release in the idle color, with its inputs read again
  otherwise refuse
  step choose_live
  step check_host
  step preflight_proxy
  step inputs_again
  step test_as_it_is
  step no_stranger new
  step journal preparing
  otherwise end_new
  step copy_release
  step sync_release
  step clear_idle new
  step ports_are_free new
  plan.serve_release
}

plan.abort() { # a prepared color is stopped
  otherwise person
  step stop new
  otherwise warn
  step persist_off new
  step close_journal
  step sweep
}

plan.resume() { # after a boot: starts the live color again
  otherwise refuse
  step find_live
  otherwise person
  step ensures old
  step start_missing old
  step gates old
  step dial old
}

plan.adopt() { # takes over the proxy's file after an edit by hand, or a color that was started by hand
  otherwise refuse
  step find_adoptable
  step check_host
  step preflight_proxy
  step read_inputs
  step check_questions
  step put_off_journal
  step journal adopting
  otherwise let_go
  step make_adopted
  step gates new
  step test_as_it_is
  step still_live old
  step dial new
  step persist new
  step keep_resuming
  plan.point_proxy_at new undo_adopt
  step verifies new
  step commit_adopted
}

plan.remove() { # the app is removed: the proxy does not route to it, nothing of it runs
  otherwise refuse
  step find_removable
  step check_host
  step test_as_it_is
  step journal removing
  otherwise let_go
  step save_way_back
  step still_live old
  plan.point_proxy_at nothing put_back
  step commit_removed
  recover.removed
  otherwise person
  step remove_state
}

way.undo_adopt() { # the proxy's file gets its earlier content back
  otherwise person
  step gates new
  step dial new
  plan.point_proxy_at old person
  way.let_go
}

way.let_go() { # an adoption or a removal failed: the color keeps running as it was
  otherwise warn
  step close_journal
  step sweep
}

way.put_back() { # the app stays, if its color passes its gates
  otherwise person
  step gates old
  step dial old
  plan.point_proxy_at old person
  way.let_go
}

recover.end_new() { # users never saw the new color, or no longer see it
  otherwise warn
  step drain new
  way.end_new
}

recover.swap() { # the proxy may serve either color; programs that a reboot ended are started first
  otherwise warn
  step start_missing old overlap
  way.go_back
  otherwise warn
  step record failed
}

recover.rollback() { # `rollback` after an interrupted switch: only completes the way back of that switch
  otherwise warn
  step start_missing old overlap
  way.go_back
  otherwise warn
  step record ok
}

recover.adopted() { # an adoption was killed after its commit: writes the pointers and the journal
  otherwise later
  step finish_adopted
}

recover.kept() { # a removal was interrupted at its swap: the app stays; programs that a reboot ended are started first
  otherwise warn
  step start_missing old overlap
  way.put_back
}

recover.removed() { # the proxy no longer routes to the app: its programs that still run are stopped
  otherwise person
  step drain old
  step stop old
  step clear_idle new
  step persist_off old
  step close_journal
}

# ---- recovery: what a command does first about an interrupted run; this depends on the journal's phase ----
#
#   preparing, adopting, removing  users saw nothing                          switched   good; the old color still runs
#   prepared                       ready, it waits for its `switch`           returning  the old color serves; the new one drains
#   swapping                       between the rename and the commit: the proxy may serve either color (in an adopt also a text that a
#                                  person wrote, in a remove also nothing)
#
# Sets `answer`: proceed; nothing (there is nothing to do: exit 0); usage (exit 2); refuse (exit 4); undo:PROGRAM (then read the journal
# again); try:PROGRAM (then begin, whether it succeeded or not); instead:PROGRAM (then end); person (the phase is unknown: exit 5).

recovery() { # COMMAND PHASE KIND mine|held|over
  case $2:$3:$4:$1 in
    idle:*:switch) answer=usage ;;
    idle:*:cleanup | idle:*:abort) answer=nothing ;;
    idle:*) answer=proceed ;;
    preparing:adopt:* | returning:adopt:*) answer=undo:way.let_go ;;
    preparing:*:resume | preparing:*:adopt | returning:*:resume | returning:*:adopt) answer=try:recover.end_new ;;
    preparing:* | returning:*) answer=undo:recover.end_new ;;
    prepared:*:over:resume | prepared:*:over:adopt) answer=try:recover.end_new ;;
    prepared:*:over:*) answer=undo:recover.end_new ;;
    prepared:*:mine:deploy | prepared:*:mine:prepare) answer=undo:recover.end_new ;;
    prepared:*:mine:switch | prepared:*:mine:abort | prepared:*:mine:resume | prepared:*:mine:adopt) answer=proceed ;;
    prepared:*:resume | prepared:*:adopt) answer=proceed ;;
    prepared:*) answer=refuse ;;
    swapping:remove:*) answer=undo:recover.kept ;;
    swapping:adopt:*:resume) answer=try:way.undo_adopt ;;
    swapping:adopt:*) answer=undo:way.undo_adopt ;;
    swapping:deploy:*:rollback) answer=instead:recover.rollback ;;
    swapping:*) answer=undo:recover.swap ;;
    switched:remove:*) answer=undo:recover.removed ;;
    switched:adopt:*) answer=undo:recover.adopted ;;
    switched:*:held:deploy | switched:*:held:prepare | switched:*:held:restart | switched:*:held:remove) answer=undo:plan.cleanup ;;
    switched:*:held:resume | switched:*:held:adopt) answer=proceed ;;
    switched:*:held:*) answer=refuse ;;
    switched:*:switch | switched:*:abort) answer=nothing ;;
    switched:*:cleanup | switched:*:rollback | switched:*:resume | switched:*:adopt) answer=proceed ;;
    switched:*) answer=undo:plan.cleanup ;;
    adopting:* | removing:*) answer=undo:way.let_go ;;
    *) answer=person ;;
  esac
}

# ---- the commands ----

command.deploy() {
  plan.deploy
}

command.prepare() {
  plan.prepare
  plan.reserve
}

command.switch() {
  plan.take_up
  plan.switch
}

command.cleanup() {
  plan.cleanup
}

command.rollback() {
  plan.rollback
}

command.rollback_to() {
  plan.rollback_to
}

command.restart() {
  plan.restart
}

command.remove() {
  plan.remove
}

command.abort() {
  plan.abort
}

command.resume() {
  plan.resume
}

command.adopt() {
  plan.adopt
}

# `plan.failed` runs after a failure of these commands.
commands_with_failure_steps=(deploy prepare switch rollback rollback_to restart)

# ---- `listed`: the blocks that `plan` prints; `written_out`: parts whose steps it prints wherever they run ----
listed=(
  command.prepare
  command.switch
  command.cleanup
  command.rollback
  plan.serve_release
  plan.failed
  way.end_new
  way.go_back
  way.stay_on_new
  plan.rollback_to
  plan.restart
  plan.abort
  plan.resume
  plan.adopt
  plan.remove
  way.undo_adopt
  way.let_go
  way.put_back
  recover.end_new
  recover.swap
  recover.rollback
  recover.adopted
  recover.kept
  recover.removed
)
written_out=(plan.before_swap plan.point_proxy_at)

# ---- actions that only look: they change nothing on the host -------------------------------------

tested_ms=0             # when this process last tested the proxy's configuration with success
live_passes=unknown     # yes or no: whether the live color passed `verify` before this process began anything
declare -A passed_ms=() # when a gate of the new color last passed in this process

do_check_host() {
  local tool
  for tool in "${tools[@]}"; do
    tool_is_here "$tool" || return
  done
}

# tool_is_here TOOL: Fails if the host does not have this program. A function of the same name is none.
tool_is_here() {
  type -P -- "$1" >/dev/null || fail_with "$1 is not on this host (looked in $PATH): install it"
}

# do_preflight_run new SERVICE: Calls the `preflight` of the service's run driver.
do_preflight_run() { at new "$2" ask_or_fail run preflight; }

# do_preflight_proxy: Asks the switch driver whether everything is ready. What the driver prints although it is ready is a
# warning.
do_preflight_proxy() {
  ask_or_fail switch preflight || return
  [[ -z $answer ]] || warn "$answer"
}

# ask_or_fail run|switch FUNCTION ARG…: Calls a driver's function. If it fails, its answer is the reason.
ask_or_fail() {
  "ask_$1" "${@:2}" || fail_with "${answer:-the answer of the driver could not be saved: is the disk full?}"
}

# do_test_as_it_is: Tests the proxy's configuration before anything is changed. So a fault of another site is not taken
# for a fault of this deployment. If this process tested it less than 10 s ago, nothing is done.
do_test_as_it_is() {
  now
  ((tested_ms == 0 || now_ms - tested_ms >= 10000)) || return 0
  ask_switch test || {
    fail_with "the proxy's configuration was broken before this command changed anything: $answer"
    return
  }
  now
  tested_ms=$now_ms
}

do_choose_idle() { choose_idle; }

# choose_idle: Sets `from` and `to`. The live color may be one that this script does not know, because it was renamed.
# Then `to` is a color that has no port of the live color.
choose_idle() {
  local choice value
  read_live
  from='' old_release='' to=''
  if nobody_runs_live; then
    to=$(other_color "${live:-$live_guess}")
    say "  the proxy's file routes to ${live:-$live_guess}, where nothing runs: this is a first deployment, to $to"
    return 0
  fi
  live_is_known || return
  from=$live old_release=$live_release
  for choice in "${colors[@]}"; do
    [[ $choice != "$live" ]] || continue
    # The fragment was removed, but the proxy may not have been reloaded since, and may still serve its last live color.
    # So this color is not idle, whether it runs or not.
    [[ $live_state != none ]] || ! last_live_is "$choice" || continue
    if [[ -n $live_release ]] && meta ports "$live_release" && shares_port "$choice" "$value"; then
      continue
    fi
    to=$choice
    break
  done
  if [[ -z $to ]]; then
    fail_with "no color is idle: $live uses the ports of both"
    return
  fi
  say "  ${from:-no color} is live, $to is idle"
}

# do_find_live: Sets `from` and `to` to the live color, which has to run.
do_find_live() {
  read_live
  if [[ $live_state == none ]] || nobody_runs_live; then
    say '  nothing is live, so there is nothing to start'
    return 10
  fi
  live_is_known || return
  if [[ -z $live_release ]]; then
    fail_with "$live is live, but this script did not start it and cannot start it"
    return
  fi
  from=$live old_release=$live_release
  # An unfinished deployment is not touched: it stays in the journal.
  to=$live candidate=$live_release
  load_inputs "$candidate"
}

# do_choose_earlier: Sets `from` and `to` for the way back to the release that served before the live color, and
# `earlier_runs`, which says whether that release runs.
do_choose_earlier() {
  local value
  know_live || return
  if deploy_went_back; then
    fail_with "$live serves: the deployment of $value was rolled back already. To go back further, $(way_further_back)"
    return
  fi
  from=$live old_release=$live_release
  if [[ ${journal[phase]} == switched && -z ${journal[from]} ]]; then
    fail_with "nothing served before $live: there is nothing to go back to"
    return
  fi
  previous_release || {
    fail_with 'there is no earlier release to go back to'
    return
  }
  if meta adopted "$found_release" && ! of_release "$found_release" alive; then
    fail_with "the earlier release ${found_release##*/} was adopted and has no artifact, so it cannot be started again: deploy the version that you want"
    return
  fi
  meta color "$found_release"
  if [[ $value == "$from" || $found_release == "$live_release" ]]; then
    fail_with "the earlier release ${found_release##*/} is in the live color $live: nothing to go back to"
    return
  fi
  to=$value
  # If the release runs already, a failure of the rollback must not stop it. So an unclear answer is an error.
  of_release "$found_release" running overlap
  case $? in
    0) earlier_runs=yes ;;
    1) earlier_runs=no ;;
    *)
      fail_with "cannot tell whether release ${found_release##*/} still runs: $answer"
      return
      ;;
  esac
  earlier=$found_release
  load_inputs "$earlier"
  say "  from ${from:-nothing} back to $to, release ${earlier##*/} of $(release_time "$earlier")"
}

# way_further_back: Prints the command that leads to the release that served before the live one.
way_further_back() {
  if previous_release && [[ ! $found_release -ef $live_release ]] && can_be_copied "$found_release"; then
    printf '%s' "run \`rollback ${found_release##*/}\`"
  else
    printf 'deploy the version that you want'
  fi
}

earlier='' earlier_runs=no # the release that a rollback goes back to

# do_take_up: Continues with the color that `prepare` has left for this deployment.
do_take_up() {
  deployment=${journal[deployment]}
  read_live
  # Nothing was changed yet. The prepared color stays, and a later `switch` can use it after the files are repaired.
  routes_as_before || return
  say "  ${from:-no color} is live, $to is prepared"
}

# do_still_live old: Fails if the proxy's files do not route to the same color as before.
do_still_live() {
  local found=$live_state$live$live_guess
  read_live
  if [[ ${journal[kind]} == adopt || ${journal[kind]} == remove ]]; then
    [[ $live_state$live$live_guess == "$found" ]] || fail_with "the proxy's files changed meanwhile: ${live_why:-$live_state $live}"
    return
  fi
  routes_as_before
}

# routes_as_before: Fails unless the color that was just read is the one that was live when the deployment began.
routes_as_before() {
  if [[ -n $from ]]; then
    [[ $live_state != color || $live != "$from" ]] || return 0
  elif [[ $live_state == none ]] || nobody_runs_live; then
    return 0
  fi
  fail_with "the proxy's files changed meanwhile: ${from:-nothing} was live, now it is ${live:-$live_state} ${live_why}"
}

# do_try_verify old NAME: Asks a `verify` for the live color, before anything starts. If it does not pass, the question
# itself may be wrong, for example because of a redirect, or because another site answers. A redirect is an error,
# everything else a warning.
do_try_verify() {
  [[ -n $from ]] && known_color "$from" || return 0
  load_inputs "${old_release:-$state/none}"
  [[ $live_passes == no ]] || live_passes=yes
  if at_verify old "$2" run_verify_once "verify.$2"; then
    warn_of_sign "$2"
    return 0
  fi
  ! asked_to_stop || return 143
  if [[ $probe_failure == redirect ]]; then
    fail_with "$2 does not pass on the live color: $probe_said. Nothing was started. Check the URL in deploy.bg"
    return
  fi
  live_passes=no
  warn "$2 does not pass on the live color $from: $probe_said"
}

# warn_of_sign NAME: Warns if only the proxy's file of a release of 0.1.0 tells the color, and neither the new file nor
# the proxy has a sign that counts. The new release may send one, so this is no failure.
warn_of_sign() {
  local text
  local -a values
  [[ $color_sign == header && -n $old_release ]] && file_contains "$old_release/fragment" x-deploy-color || return 0
  text=$(fragment "$to")
  [[ ${text,,} != *x-upstream* ]] && ! http_values X-Upstream || return 0
  warn "$1 expects a sign of the color. Today only the proxy's file sends one, the header X-Deploy-Color. This does not prove which color answers, so it no longer counts. If the new release does not send this header itself, $1 will fail. Otherwise let the proxy send the header X-Upstream (\`deployc explain BG707\` shows the line), or replace \`expect color\`"
}

do_read_inputs() {
  take_inputs || return 2
}

# do_check_questions: Fails if this host cannot ask a question of the gates and verifies.
do_check_questions() {
  local one
  for one in ${gates[@]+"${gates[@]}"}; do
    at new "${one% *}" question_is_ready "gate.${one% *}.${one#* }" || return
  done
  for one in ${verifies[@]+"${verifies[@]}"}; do
    at_verify new "$one" question_is_ready "verify.$one" || return
  done
}

# question_is_ready DECLARATION: Fails if this host cannot ask the questions of the declaration.
question_is_ready() {
  declare_question "$1"
  questions_ready
}

do_find_artifact() {
  local artifact
  local -a matches=()
  find_artifact && room_is_left ${matches[@]+"${matches[@]}"}
}

# room_is_left [ARTIFACT]: Fails unless the disk of the state has room for the artifact and 1 MiB more. Nothing is
# written for this.
room_is_left() {
  local folder=$state blocks='' free='' for_users='' block='' needed='' value _
  while [[ ! -d $folder ]]; do
    folder=${folder%/*}
    folder=${folder:-/}
  done
  read -r -t 5 blocks free for_users block < <(stat -f -c '%b %f %a %S' "$folder" 2>/dev/null) || :
  ((EUID == 0)) || free=$for_users
  [[ -z ${1-} ]] || ! bounded "${deadline["journal"]}" du -skH -- "$1" >"$scratch/answer" 2>/dev/null || read -r needed _ <"$scratch/answer" || :
  number "$needed" 0
  needed=$((value + 1024))
  # Some file systems do not report their size.
  if [[ -n $block && $blocks != 0 ]] && ((free * block / 1024 < needed)); then
    fail_with "the disk with $folder is full: $((free * block / 1024)) KiB are left, but a release needs $needed: free some space"
  elif [[ ! -w $folder ]]; then
    fail_with "$(id -un) may not write $folder, where the releases are kept: run this as the user who owns it"
  fi
}

# do_no_stranger new: Fails if a process that this script did not start listens on a port of the idle color.
do_no_stranger() {
  local one
  local -a ports_of_new
  find_ports_of_new
  for one in ${ports_of_new[@]+"${ports_of_new[@]}"}; do
    no_stranger_listens "$one" || return
  done
}

# find_ports_of_new: Sets `ports_of_new`, the ports of the color that is about to be started: those of deploy.bg, or
# those of the release that is copied.
find_ports_of_new() {
  local name
  ports_of_new=()
  if [[ -n $kept ]]; then
    read -r -a ports_of_new <<<"$kept_ports"
    return
  fi
  for name in "${services[@]}"; do
    [[ -z ${port_of["$to $name"]-} ]] || ports_of_new+=("${port_of["$to $name"]}")
  done
}

# no_stranger_listens PORT: Fails if a process listens on the port, unless a release of this script with this port runs
# or may run.
no_stranger_listens() {
  local link value port=$1
  port_listens "$port" || return 0
  # The processes of an interrupted or forgotten deployment are this script's, too. `prepare` ends them before it checks
  # the ports again.
  for link in "$state"/colors/* ${journal[release]:+"$state/releases/${journal[release]##*/}"}; do
    if [[ -d $link ]] && meta ports "$link" && [[ " $value " == *" $port "* ]]; then
      of_release "$link" running
      case $? in
        1) ;; # only this is a clear no
        125)
          fail_with "something listens on port $port of the idle color $to, and it may be a release that cannot be stopped: $answer"
          return
          ;;
        *) return 0 ;;
      esac
    fi
  done
  port_is_taken
}

# port_is_taken: Fails with a reason that names the process.
port_is_taken() {
  fail_with "port $port of the idle color $to is taken by a process that this script did not start: $(owners_of_port "$port")"
}

# do_ports_are_free new: Fails if a port of the new color is not free.
do_ports_are_free() {
  local one
  local -a ports_of_new
  find_ports_of_new
  for one in ${ports_of_new[@]+"${ports_of_new[@]}"}; do
    port_is_free "$one" || return
  done
}

# port_is_free PORT: Fails if a process listens on the port in IPv4 or IPv6, or if 127.0.0.1 does not refuse a
# connection.
port_is_free() {
  local port=$1
  if port_listens "$port"; then
    port_is_taken
    return
  fi
  connect_refused 127.0.0.1 "$port" || fail_with "something answers on 127.0.0.1:$port, the port of the idle color $to"
}

# do_dial SIDE: Fails unless each address of the color accepts a connection from where the proxy runs. Connects from the
# host if the switch driver has no `dial`.
do_dial() {
  local side=$1 one
  local -a addresses
  color_of_side "$side"
  [[ -n $side_color ]] || return 0
  find_addresses "$side_color" || :
  ((${#addresses[@]})) || return 0
  if switch_has dial; then
    ask_switch dial ${addresses[@]+"${addresses[@]}"} || fail_with "the proxy cannot reach $side_color: $answer"
    return
  fi
  for one in ${addresses[@]+"${addresses[@]}"}; do
    bounded "${deadline["switch.dial"]}" dial_from_host "$one" >"$scratch/answer" 2>/dev/null || {
      ! asked_to_stop || return 143
      fail_with "the proxy will not reach $side_color: no connection to $one"
      return
    }
  done
}

# dial_from_host HOST:PORT: Connects from this host.
dial_from_host() {
  local host port
  http_host_port "$1" '' && tcp_connect "$host" "$port"
}

# color_of_side SIDE: Sets `side_color` and `side_release`. Both are empty if the side has no color.
color_of_side() {
  case $1 in
    new) side_color=$to side_release=$candidate ;;
    nothing) side_color='' side_release='' ;;
    *) side_color=$from side_release=$old_release ;;
  esac
}

# ---- actions that make the new color -----------------------------------------------------------------

# do_put_off_journal: Saves the journal of an unfinished deployment (a prepared color, or a cleanup that is to do),
# because this command needs the journal for itself. `take_up_pending` restores it at the end.
do_put_off_journal() {
  [[ -f $state/journal ]] || return 0
  bounded "${deadline["journal"]}" copy_synced "$state/journal" "$state/journal.pending" || fail_with "cannot write to $state: is the disk full?"
}

# do_journal preparing|adopting|swapping|handing|returning|removing: Writes the journal, before the first effect that
# needs it.
do_journal() {
  case $1 in
    preparing)
      case $planned in
        rollback)
          candidate=$earlier
          begin_journal rollback "$earlier_runs"
          ;;
        rollback_to)
          name_release
          begin_journal rollback_to
          ;;
        *)
          name_release
          begin_journal deploy
          ;;
      esac
      write_journal preparing
      ;;
    adopting)
      name_release
      begin_journal adopt "$adopts_own"
      write_journal adopting
      ;;
    removing)
      name_release
      begin_journal remove
      write_journal removing
      ;;
    handing)
      # The next step stops the exclusive services of the other color. A way back after that must start them again.
      journal[handed]=yes
      write_journal swapping
      ;;
    returning)
      # The drain of the new color begins now, even if this cannot be written. This process knows the phase. A later
      # process that finds the old phase goes back once more, which changes nothing.
      now
      journal[switched]=$now_ms
      write_journal returning || {
        journal[phase]=returning
        return 1
      }
      ;;
    *)
      write_journal "$1" && return 0
      # The journal has this phase already, which is enough for the next run.
      [[ ${journal[phase]} == "$1" ]] || return 1
      reason=''
      ;;
  esac
}

# name_release: Sets `candidate` to a folder that does not exist yet. The journal names the folder before it is made.
name_release() {
  local id
  printf -v id '%(%Y%m%d-%H%M%S)T-%s' -1 "$$"
  candidate=$state/releases/$id
}

# do_make_release: Makes a folder with everything that belongs to this deployment, also the script that can stop it.
do_make_release() {
  local artifact
  local -a matches
  find_artifact || return
  bounded "${deadline["copy"]}" make_release_folder || {
    fail_with "cannot write to $candidate: is the disk full?"
    return
  }
  copy_artifact
}

# copy_artifact: Copies the staged artifact into the slot.
copy_artifact() {
  local said
  [[ -n $artifact ]] || return 0
  bounded "${deadline["copy"]}" copy_into_slot "${matches[0]}" >"$scratch/answer" 2>&1 || {
    # If the disk is full, the message of `cp` could not be saved either.
    said=$(<"$scratch/answer")
    fail_with "copying $artifact failed: ${said:-is the disk with $state full?}"
  }
}

artifact_is_missing=no # yes: the artifact, or a file with inputs beside it, is not staged yet

# find_artifact: Sets `artifact` as deploy.bg says, and `matches` to exactly one file or to a folder's content. Fails if
# there is no match, or more than one.
find_artifact() {
  artifact_pattern
  [[ -n $artifact ]] || return 0
  if [[ $artifact == */ ]]; then
    [[ -d $artifact ]] || {
      artifact_is_missing=yes
      fail_with "the artifact folder $artifact does not exist"
      return
    }
    matches=("$artifact.")
  else
    IFS='' # the pattern is expanded, and not split
    # shellcheck disable=SC2206  # the expansion is intended
    matches=($artifact)
    IFS=$' \t\n'
    [[ -e ${matches[0]-} || -L ${matches[0]-} ]] || matches=()
    if ((${#matches[@]} == 0)); then
      artifact_is_missing=yes
      fail_with "no artifact: nothing matches $artifact"
      return
    elif ((${#matches[@]} == 1)) && [[ ! -e ${matches[0]} ]]; then
      fail_with "the artifact ${matches[0]} is a link to $(readlink -- "${matches[0]}"), and nothing is there"
      return
    elif ((${#matches[@]} > 1)); then
      fail_with "more than one artifact matches $artifact: ${matches[*]##*/}: remove all but the one to be deployed, or name it more exactly"
      return
    fi
  fi
}

do_sync_release() {
  bounded "${deadline["copy"]}" note_and_sync_slot || fail_with "cannot write $candidate to the disk: is it full?"
}

# note_and_sync_slot: Saves the list of the slot's files and syncs the slot to the disk. A copied release has the list
# of its original already.
note_and_sync_slot() {
  { [[ -f $candidate/files ]] || note_slot; } && sync_tree "$candidate/slot"
}

# do_ensure_shared NUMBER: Fails, because there is no `shared` driver yet. Only a plan with `shared` has this step.
do_ensure_shared() { fail_with "there is no driver for shared $1"; }

# do_ensures SIDE: Asks the release's script whether everything is there that the release shares with others. Because
# there is no `shared` driver yet, the script answers yes. Every plan has this step, in `serve_release` and `resume`.
do_ensures() {
  color_of_side "$1"
  [[ -n $side_release ]] && release_protocol "$side_release" && ((value >= 1)) || return 0
  of_release "$side_release" ensure || fail_with "something that $side_color needs is missing: $answer"
}

# do_fetch new SERVICE, do_stage new SERVICE: Call the functions `fetch` and `stage` of the service's run driver.
do_fetch() { at new "$2" ask_or_fail run fetch; }
do_stage() { at new "$2" stage; }

stage() {
  ask_run_if_able stage || fail_with "${answer:-the answer of the driver could not be saved: is the disk full?}"
}

# do_clear_idle new: Stops the releases that are left in the idle color, and those that have one of its ports.
do_clear_idle() {
  local link folder
  for link in "$state"/colors/*; do
    # A color with another name may have had these ports and still run.
    [[ -d $link ]] || continue
    [[ ${link##*/} == "$to" ]] || is_in_the_way "$link" || continue
    release_behind "$link" || continue
    folder=$behind
    stop_release "$folder" || {
      if [[ ${link##*/} == "$to" ]]; then
        fail_with "the idle color $to still runs and cannot be stopped: $answer"
      else
        fail_with "release ${folder##*/}, which has a port of the idle color $to, still runs and cannot be stopped: $answer"
      fi
      return
    }
  done
}

# is_in_the_way LINK: Succeeds if the color has a port of the new color. When the app is removed: if the color is not
# the live one.
is_in_the_way() {
  local value one
  local -a ports_of_new
  if [[ ${journal[kind]} == remove ]]; then
    [[ ${1##*/} != "$from" ]]
    return
  fi
  meta ports "$1" || return
  find_ports_of_new
  for one in ${ports_of_new[@]+"${ports_of_new[@]}"}; do
    [[ " $value " != *" $one "* ]] || return 0
  done
  return 1
}

# do_start new SERVICE: Starts the service, unless it runs.
do_start() {
  at new "$2" start_missing || fail_with "$2 of $to did not start: $answer"
}

# do_read_offers new SERVICE: Keeps the driver's offers, lines of NAME=VALUE, with the release.
do_read_offers() {
  at new "$2" ask_or_fail run offers || return
  write_file "$candidate/offers.$2" "$answer" || {
    fail_with "cannot write to $candidate: is the disk full?"
    return
  }
}

do_gate() { ask_gate "$@"; }

# ask_gate new SERVICE NAME: Fails unless the gate passes.
ask_gate() {
  at new "$2" run_gate "gate.$2.$3" || return
  now
  passed_ms["$2 $3"]=$now_ms
}

# do_gate_again new SERVICE NAME: Asks the gate again right before the swap. If this process saw it pass less than 2 s
# ago, only asks whether the service is alive.
do_gate_again() {
  local age=2000
  now
  [[ -z ${passed_ms["$2 $3"]-} ]] || age=$((now_ms - passed_ms["$2 $3"]))
  # The last question of a gate is whether the service is alive. An answer younger than 100 ms is enough.
  ((age >= 100)) || return 0
  if ((age < 2000)); then
    at new "$2" color_alive && return 0
  fi
  ask_gate "$@"
}

# do_reserve: Keeps the prepared color until `switch` or `abort`, or until its time is over. 0.1.0 reads only the time
# by the wall clock, so this is written, too.
do_reserve() {
  local now_s
  now
  journal[expires_uptime]=$(((now_ms + deadline["reservation"]) / 1000))
  printf -v now_s '%(%s)T' -1
  journal[expires]=$((now_s + deadline["reservation"] / 1000))
  write_journal prepared
}

# ---- actions that point the proxy at a color ---------------------------------------------------------

reload_asked=no     # yes: this process has asked the proxy to reload
snapshot_before=''  # the proxy's generation before the swap that is undone
pointers_follow=yes # no: a commit of this process could not write the pointers
is_in_force=no      # yes: the restored file was in force all the time, so no reload is needed
swapped=''          # the side of the last swap: new, old or nothing
reload_began=''     # when this process asked the proxy to load the new color
shown_since=''      # the same, if the new color was in force then
shown_for=''        # after the way back: the seconds for which users had the new color
in_force=''         # the color that this process saw in force, or `nothing`; `unknown` from a swap to its confirmation

# do_save_way_back: Saves the text of the proxy's file that the way back will write. If no color serves, this is the
# text that a person has put there, if any.
do_save_way_back() {
  local text='' saved=''
  [[ -d $candidate ]] || bounded "${deadline["journal"]}" mkdir "$candidate" || {
    fail_with "cannot write to $state: is the disk full?"
    return
  }
  if [[ -z $from || ${journal[kind]} == remove ]]; then
    read_live
    if [[ $live_state == none ]]; then
      forget_files "$candidate/way-back"
      return 0
    fi
    ask_switch read || {
      fail_with "cannot read the proxy's current file: $answer"
      return
    }
    bounded "${deadline["journal"]}" copy_synced "$scratch/answer" "$candidate/way-back"
  elif [[ -n $old_release && -f $old_release/fragment ]]; then
    IFS= read -r -d '' text 2>/dev/null <"$old_release/fragment" || :
    IFS= read -r -d '' saved 2>/dev/null <"$candidate/way-back" || :
    [[ -z $text || $saved != "$text" ]] || return 0
    bounded "${deadline["journal"]}" copy_synced "$old_release/fragment" "$candidate/way-back"
  else
    fragment "$from" >"$candidate/way-back" && sync_path "$candidate/way-back"
  fi || fail_with "cannot write to $candidate: is the disk full?"
}

# do_lock_proxy: Takes the proxy's lock and notes the proxy's generation. Until the lock is released, no other app of
# deployc reloads the same proxy.
do_lock_proxy() {
  snapshot_before=${journal[snapshot]}
  is_in_force=no
  enter_proxy_mutex || return
  ask_switch snapshot || {
    fail_with "$answer"
    return
  }
  journal[snapshot]=$answer
}

do_unlock_proxy() { leave_proxy_mutex; }

# do_write SIDE: Writes the fragment of this side, beside the real file.
do_write() {
  local file=$candidate/fragment
  [[ $1 != nothing ]] || return 0
  [[ $1 == new ]] || file=$candidate/way-back
  [[ -f $file || -z $old_release ]] || file=$old_release/fragment
  if [[ $1 == old && ! -f $file ]]; then
    # Before the first deployment there was no file, so nothing is written.
    [[ -z $from ]] || fail_with "$file does not exist: was $state changed by hand? Write the fragment of $from there"
    return
  fi
  ask_switch write "$file" || fail_with "the fragment cannot be written: $answer"
}

# do_swap SIDE: Makes the written file the real one by one rename, or removes the real file.
do_swap() {
  color_of_side "$1"
  in_force=unknown swapped=$1
  if [[ $1 == nothing ]] || [[ $1 == old && -z $from && ! -f $candidate/way-back ]]; then
    ask_switch remove
  else
    ask_switch swap
  fi || fail_with "the fragment cannot be put in place: $answer"
}

# do_test: Tests the proxy's configuration. A failure is only a warning on a way back to the old color if nothing was
# reloaded since the swap. Then the old configuration was in force all the time, and the fault belongs to another site.
# In all other cases the configuration must be loaded, so a failure is an error.
do_test() {
  ask_switch test && return 0
  if [[ $swapped == old && $shielded == yes && $reload_asked == no && -n $snapshot_before && ${journal[snapshot]} == "$snapshot_before" ]]; then
    warn "the proxy does not accept the configuration: $answer. This deployment did not cause that: correct the configuration"
    is_in_force=yes
    return 0
  fi
  fail_with "the proxy does not accept the configuration: $answer"
}

do_reload() {
  [[ $is_in_force == no ]] || return 0
  reload_asked=yes
  if [[ $swapped == new ]]; then
    now
    reload_began=$now_ms
  fi
  ask_switch reload || {
    fail_with "the proxy did not reload: $answer"
    return
  }
  journal[draining]=${answer:-${journal[snapshot]}}
  journal[boot]=$boot
}

do_confirm() {
  local elapsed
  if [[ $is_in_force == no ]]; then
    ask_switch confirm "${journal[snapshot]}" || {
      fail_with "the reload did not take effect: $answer"
      return
    }
  fi
  in_force=${side_color:-nothing}
  if [[ $swapped == new ]]; then
    shown_since=$reload_began
  elif [[ -n $shown_since ]]; then
    seconds_since "$shown_since"
    shown_for=$elapsed
  fi
}

# do_verify new NAME: Asks a `verify` through the proxy. Meanwhile every service of the color must stay alive.
do_verify() { at_verify new "$2" run_verify "verify.$2"; }

# do_verifies SIDE: Asks every `verify`, by the script of that color's release.
do_verifies() {
  local name value
  color_of_side "$1"
  release_protocol "$side_release"
  if ((value >= 1)) && [[ ${journal[kind]} != adopt ]]; then
    ask_release_or_report "$side_release" verify "does not pass through the proxy"
    return
  fi
  # The release's script does not know `verify`, or the color was started by hand. So this script's own questions are
  # asked.
  unmanaged=no
  [[ ${journal[kind]} != adopt || $adopted == processes ]] || unmanaged=yes
  for name in ${verifies[@]+"${verifies[@]}"}; do
    at_verify "$1" "$name" run_verify "verify.$name" && continue
    [[ " ${verifies_that_warn[*]-} " == *" $name "* ]] || return 1
    warn "$name: $reason"
    reason=''
  done
  unmanaged=no
}

# ask_release_or_report RELEASE 'WORD ARG…' WHAT: Asks the release. If the answer is no, prints what the release's
# script said, and fails with its reason.
ask_release_or_report() {
  # shellcheck disable=SC2086 # WORD and its arguments
  of_release "$1" $2 && return 0
  ! asked_to_stop || return 143
  print_all_but_reason
  fail_with "$side_color $3: $answer"
}

# do_move_exclusive SIDE: Makes the exclusive services run in that color and in no other. Does nothing unless the
# journal says `handed`.
do_move_exclusive() {
  local other_color other_release value start
  local -a names=()
  [[ ${journal[handed]} == yes ]] || return 0
  case $1 in
    new) other_color=$from other_release=$old_release ;;
    *) other_color=$to other_release=$candidate ;;
  esac
  color_of_side "$1"
  name_exclusives || return
  if [[ -n $other_release ]]; then
    stop_exclusives "$other_color" "$other_release" || return
  fi
  [[ -n $side_release ]] || return 0
  # On a way back a service that still runs here may have been told to end. So it is stopped before it is started: two
  # running copies of an exclusive service are worse than none.
  if [[ $1 == old ]]; then
    stop_exclusives "$side_color" "$side_release" || return
  fi
  ((${#names[@]})) || return 0
  # A service that is exclusive in one release may overlap in the other. So a way back starts every missing service.
  start=start_exclusive
  [[ $1 == new ]] || start=start_missing
  of_release "$side_release" "$start" || {
    fail_with "the exclusive service of $side_color does not start: $answer"
    return
  }
  pause "${deadline["stays_alive"]}" || return
  of_release "$side_release" alive || {
    fail_with "the exclusive service of $side_color ended right after its start: $answer"
    return
  }
  release_protocol "$side_release"
  ((value == 0)) || ask_release_or_report "$side_release" 'gate exclusive' 'does not pass the probes of its exclusive services'
}

# name_exclusives: Sets `names` to the services that are exclusive in one of the two colors, each once. `-` means a
# service whose name its release cannot tell. An unclear answer is an error.
name_exclusives() {
  local one name value code
  for one in "${services[@]}"; do
    overlaps "$one" || names+=("$one")
  done
  for one in "$candidate" "$old_release"; do
    if [[ -z $one ]] || is_of_this_script "$one"; then
      continue
    fi
    release_protocol "$one"
    if ((value >= 1)); then
      of_release "$one" exclusives
    else
      of_release "$one" has_exclusive
    fi
    code=$?
    case $value:$code in
      0:0) answer=- ;;
      0:1) answer='' ;;
      *:0) ;;
      *)
        ! asked_to_stop || return 143
        fail_with "cannot tell which services of release ${one##*/} are exclusive: $answer"
        return
        ;;
    esac
    for name in $answer; do
      [[ " ${names[*]-} " == *" $name "* ]] || names+=("$name")
    done
  done
}

# stop_exclusives COLOR RELEASE: Stops the services of the release that are exclusive in one of the two colors.
stop_exclusives() {
  local name value
  # The script of a release of protocol 0 cannot name its exclusive services, so `names` may lack them. Those that it has
  # are told to stop twice; the second time nothing runs any more.
  release_protocol "$2"
  ((value > 0)) || of_release "$2" stop_exclusive || {
    fail_with "the exclusive service of $1 did not stop: $answer"
    return
  }
  meta routed "$2" || :
  for name in ${names[@]+"${names[@]}"}; do
    # The proxy routed to this service, so it is drained first and stopped after that.
    [[ $name != - && " $value " != *" $name "* ]] || continue
    of_release "$2" stop_service "$name" || {
      fail_with "$name of $1 did not stop: $answer"
      return
    }
  done
}

do_commit() { commit_switch; }

# commit_switch: Commits the switch. From here the new color is the live color, and no way back follows.
commit_switch() {
  journal[previous]=''
  [[ -z $old_release || $from == "$to" ]] || journal[previous]=${old_release##*/}
  now
  journal[switched]=$now_ms
  write_switched || return
  # The new color is live, whatever happens now. If the pointers cannot be written, this run or the next writes them
  # before the journal is closed.
  finish_commit || {
    warn "$reason"
    reason='' pointers_follow=no
  }
}

# do_persist SIDE [overlap|exclusive]: Makes the color start after a boot by itself, if its driver can do this.
do_persist() {
  [[ ${journal[kind]} != adopt || $adopted == processes ]] || return 0
  color_of_side "$1"
  of_release "$side_release" persist on "${2-}" || fail_with "$side_color cannot be made to survive a reboot: $answer"
}

# do_keep_resuming: Installs a unit that starts the live color after a boot. Does nothing without root or systemd.
do_keep_resuming() {
  local unit=/etc/systemd/system/deployc-$app.service
  [[ ${journal[kind]} != adopt || $adopted == processes ]] || return 0
  ((EUID == 0)) && [[ -d /run/systemd/system ]] || return 0
  if ! { bounded "${deadline["journal"]}" cmp -s "$candidate/script" "$state/resume" || { bounded "${deadline["copy"]}" copy_synced "$candidate/script" "$state/resume.new" && mv -f "$state/resume.new" "$state/resume"; }; }; then
    fail_with "cannot write to $state: is the disk full?"
    return
  fi
  [[ ! -f $unit || ! -L ${unit%/*}/multi-user.target.wants/${unit##*/} ]] || return 0
  bounded "${deadline["resume_unit"]}" install_resume_unit "$unit" >"$scratch/answer" 2>&1 || fail_with "cannot enable $unit: $(<"$scratch/answer")"
}

install_resume_unit() {
  printf '%s\n' '[Unit]' "Description=Brings up the live color of $app" 'After=network-online.target multi-user.target' 'Wants=network-online.target' \
    '' '[Service]' 'Type=oneshot' "ExecStart=/bin/bash $state/resume resume" \
    'RemainAfterExit=yes' 'KillMode=process' '' '[Install]' 'WantedBy=multi-user.target' >"$1.new" \
    && mv -f "$1.new" "$1" && systemctl daemon-reload && systemctl enable "${1##*/}"
}

# ---- actions that end something: a color, a command ---------------------------------------------------

# do_gates SIDE: Asks the gates of a color that runs already, by the script of its release. If this script did not start
# the color, this script's own probes check only the answers, not the processes.
do_gates() {
  local color_asked code
  color_of_side "$1"
  [[ -n $side_color ]] || return 0
  color_asked=$side_color
  ask_gates "$1"
  code=$?
  ((code == 0 || code == 143)) || failing_colors+=" $color_asked "
  return "$code"
}

failing_colors='' # the colors whose gates failed in this process

# ask_gates SIDE: Asks the gates of `side_color`.
ask_gates() {
  local gate code=0
  [[ $1 == old ]] || ! release_of "$to" || side_release=$found_release
  if [[ -n $side_release && -d $side_release ]]; then
    ask_release_or_report "$side_release" gate 'does not pass its probes'
    return
  fi
  known_color "$side_color" || return 0
  [[ ${journal[kind]} == adopt ]] || load_inputs "$state/none"
  unmanaged=yes
  for gate in ${gates[@]+"${gates[@]}"}; do
    overlaps "${gate% *}" || continue
    at "$1" "${gate% *}" run_gate "gate.${gate% *}.${gate#* }" || {
      code=1
      break
    }
  done
  unmanaged=no
  ((code == 0)) || ! asked_to_stop || return 143
  load_inputs "$candidate"
  return "$code"
}

# do_start_missing SIDE [overlap]: Starts the services of the color that do not run, by the script of its release. Does
# nothing for a color that this script did not start.
do_start_missing() {
  local value
  color_of_side "$1"
  [[ -n $side_release && -d $side_release ]] || return 0
  # An adopted release has no artifact to start.
  ! meta adopted "$side_release" || return 0
  of_release "$side_release" start_missing "${2-}" || {
    ! asked_to_stop || return 143
    fail_with "$side_color does not start: $answer"
  }
}

# do_drain SIDE: Waits until no worker from before the last reload serves the color any more, at most as long as
# deploy.bg says.
do_drain() {
  local until value
  color_of_side "$1"
  [[ -n $side_color && -n ${journal[draining]} && ${journal[boot]} == "$boot" ]] || return 0
  now
  number "${journal[switched]}" "$now_ms"
  until=$((value + drain_within))
  while :; do
    ask_switch draining "${journal[draining]}" "$side_color"
    # Only exit code 1 means no. A driver that did not answer in time does not say that the drain is over.
    (($? != 1)) || return 0
    now
    if ((now_ms >= until)); then
      say "  the drain time is over: $answer"
      return 0
    fi
    if [[ ${journal[phase]} == switched ]] && preempted; then
      fail_with 'the drain was ended by a rollback, which needs the previous color'
      return
    fi
    pause 100 || return 143
  done
}

# do_stop SIDE [exclusive]: Stops the color, unless `stop_release` finds that it is or may be live. With `exclusive`,
# stops only its exclusive services.
do_stop() {
  color_of_side "$1"
  [[ -n $side_release && -d $side_release ]] || {
    [[ $1 == new ]] || say_not_ours
    return 0
  }
  # The new color ran before this command, perhaps with requests to finish, so it keeps running.
  [[ $1 == old || ${journal[warm]} != yes ]] || return 0
  # A release without a meta file was never started.
  if [[ ! -f $side_release/meta ]]; then
    [[ $1 == old ]] || keep_failed
    return 0
  fi
  if [[ ${2-} == exclusive ]]; then
    of_release "$side_release" stop_exclusive || fail_with "the exclusive service of $side_color could not be stopped: $answer"
    return
  fi
  stop_release "$side_release" || {
    ! asked_to_stop || return 143
    if [[ $1 == new && -n $live_release && $live_release -ef $side_release && ${journal[phase]} != swapping ]]; then
      fail_with "the proxy was pointed at $to while it was being prepared: write ${from:-the earlier color}'s fragment back by hand and reload the proxy, then run any command of this script again"
      return 5
    fi
    fail_with "release ${side_release##*/} of $side_color could not be stopped: $answer"
    return
  }
  if [[ $1 == old ]]; then
    say_not_ours
  else
    keep_failed
  fi
}

# keep_failed: Keeps a failed release, so that a person can look at it. After a failed `rollback` or an `abort` nothing
# is kept as failed: the release of a `rollback` was good before.
keep_failed() {
  [[ ${journal[kind]} == rollback || $command == abort || ! -d $candidate ]] || bounded "${deadline["journal"]}" point failed "$candidate" || fail_with "cannot write to $state: is the disk full?"
}

# say_not_ours: Warns if something that this script did not start still runs on the ports of the previous color.
say_not_ours() {
  known_color "$from" && answers_somewhere old || return 0
  if [[ -n $old_release ]]; then
    warn "$from was stopped, but a program that this script did not start still listens on its port: stop it by hand"
  else
    warn "$from was not started by this script and keeps running: stop it by hand"
  fi
}

# answers_somewhere old|COLOR: Succeeds if any process listens on one of the color's ports.
answers_somewhere() {
  local name
  for name in "${services[@]}"; do
    ! at "$1" "$name" own_port_listens || return 0
  done
  return 1
}

# own_port_listens: Succeeds if any process listens on the port of the current service. For a service without a port: if
# something answers at its address.
own_port_listens() {
  if [[ -n $port ]]; then
    port_listens "$port"
  else
    [[ -n $address ]] && bounded "${deadline["switch.dial"]}" dial_from_host "$address" >/dev/null 2>&1
  fi
}

# do_persist_off SIDE: Makes the color no longer start after a boot. This is for a color that is stopped, or that `keep
# warm` keeps running.
do_persist_off() {
  color_of_side "$1"
  [[ -n $side_release && -f $side_release/meta ]] || return 0
  of_release "$side_release" persist off || fail_with "$side_color may come back after a reboot: $answer"
}

# do_close_journal: Closes the journal. Pointers that a commit of this process could not write are written first. If
# this fails again, the journal stays, because only the journal names the releases for the pointers.
do_close_journal() {
  [[ $pointers_follow == yes ]] || finish_commit || return
  pointers_follow=yes
  closed_release=$candidate
  take_up_pending
}

closed_release='' # the release of this command, for the user's last steps

# do_record ok|failed: Adds a line to the history, and sets the outcome for the user's last steps. The history records a
# failure as refused (nothing was changed), went-back (users had the new color) or failed.
do_record() {
  local result=$1
  seconds_since "$began"
  seconds=$elapsed
  outcome_reason=$cause
  if [[ $1 == ok ]]; then
    outcome=success
    outcome_reason=''
  else
    outcome=failure
    case $verdict:$in_force in
      refuse:* | stopped:*) result='refused' ;;
      *:?*) result='went-back' ;;
    esac
  fi
  remember "$result"
}

# do_user new PLACE.NUMBER: Runs a user's step. Its output is shown while it runs.
do_user() {
  local code
  if asked_to_stop; then
    return 143
  fi
  : >"$scratch/step"
  exec 6<"$scratch/step"
  followed_fd=6
  at_first new bounded "${deadline["user $2"]}" run_user_step "$scratch/step" "user.$2"
  code=$?
  follow_last
  followed_fd=''
  exec 6<&-
  case $code in
    0) return 0 ;;
    124) fail_with "it did not finish within $((deadline["user $2"] / 1000))s" ;;
    143) fail_with 'it was interrupted' ;;
    *) fail_with "it ended with exit code $code" ;;
  esac
}

# do_sweep: Removes the releases and runtimes that nothing needs, for at most a minute. A later run removes the rest.
do_sweep() {
  local folder until
  local -a swept
  # A journal that was saved for later has a release that no link leads to.
  [[ ! -f $state/journal.pending ]] || return 0
  now
  until=$((now_ms + deadline["sweep"]))
  find_swept
  for folder in ${swept[@]+"${swept[@]}"}; do
    now
    ((now_ms < until)) || return 0
    remove_release "$folder" "$until"
  done
  bounded "${deadline["journal"]}" sweep_runtimes || :
}

# sweep_runtimes: Removes the runtimes that nothing needs. Needed are those of the releases' scripts, of the script that
# runs `resume` after a boot, and of this script.
sweep_runtimes() {
  local file
  for file in "$state"/runtimes/*; do
    [[ -f $file && ${file##*/} != "$runtime" ]] || continue
    grep -qsxF "runtime=${file##*/}" "$state"/releases/*/script "$state/resume" || rm -f "$file"
  done
}

# ---- actions of `adopt`: take over a proxy's file or a color that this script did not make -------
#
# Nothing is started or stopped. The fragment is written again by the same swap as in a deployment: for the color that it
# routes to, or with `adopt COLOR` for that color. A later deployment may stop the color's processes, if the driver can
# tell which they are.

adopted=''        # what was adopted: `processes`; `fragment`, only that; or `own`, the processes were this script's
adopts_own=''     # yes: the running processes of the color were started by this script
between_colors=no # yes: the proxy's file routes to another color than the one that was confirmed last

# do_find_adoptable: Sets `from` and `to` to the color that the caller has named. Without a name, to the color that the
# proxy's files route to.
do_find_adoptable() {
  local value link
  read_live
  if [[ -n $wanted_color ]] && ! wanted_is_settled; then
    find_wanted
    return
  fi
  [[ $live_state == edited ]] || live_is_known || return
  from=${live:-$live_guess} old_release=$live_release
  if [[ -z $from ]]; then
    fail_with 'the proxy has no fragment of this app yet: there is nothing to adopt. Run deploy'
    return
  elif [[ -f $state/journal.pending || ${journal[phase]} != @(idle|prepared|switched) ]]; then
    fail_with "a rollback is unfinished: put the fragment of ${journal[from]:-the color that served} back by hand and reload the proxy, then run any command of this script again"
    return
  elif [[ -n $live_release ]]; then
    of_release "$live_release" alive
    case $? in
      0)
        to=$from
        say "  $live is live, and this script started it: nothing to adopt"
        return 10
        ;;
      1) ;;
      *)
        fail_with "cannot tell whether release ${live_release##*/} runs: $answer"
        return
        ;;
    esac
  fi
  # The edited file may not be in force. Then users still get the color that was confirmed last.
  agrees_with_confirmed "$from" || return
  to=$from
  find_own_processes
}

# wanted_is_settled: Succeeds if the proxy's files route to the named color, and no other color may be in force. Then the
# name says nothing new.
wanted_is_settled() {
  local settled
  [[ ${live:-$live_guess} == "$wanted_color" ]] || return 1
  agrees_with_confirmed "$wanted_color"
  settled=$?
  reason=''
  return "$settled"
}

# find_wanted: Sets `from` and `to` to the named color, although the proxy's files may route to another one, or although
# another one was confirmed last. Fails if the color is neither in the files nor confirmed: then it never served.
find_wanted() {
  local value confirmed=''
  [[ ! -L $state/live ]] || ! meta color "$state/live" || confirmed=$value
  if [[ $wanted_color != "$confirmed" ]]; then
    if [[ ${live:-$live_guess} != "$wanted_color" ]]; then
      fail_with "neither does the proxy's file route to $wanted_color, nor was it confirmed last: \`deploy\` or \`rollback\` can switch to it"
      return
    elif [[ ${journal[phase]} != idle ]]; then
      fail_with "deployment ${journal[deployment]} is unfinished: run \`adopt $confirmed\` first; \`deploy\` or \`rollback\` can switch to $wanted_color after that"
      return
    elif ! exclusives_stay; then
      [[ -z $reason ]] || return
      fail_with "an exclusive service runs in $confirmed, and only a switch moves it: run \`adopt $confirmed\` first; \`deploy\` or \`rollback\` can switch to $wanted_color after that"
      return
    fi
  fi
  from=$wanted_color to=$wanted_color old_release='' between_colors=yes
  find_own_processes || return
  [[ $adopts_own != yes ]] || return 0
  if [[ $to == "$confirmed" ]]; then
    fail_with "$to does not run as this script started it, so it cannot be put in force: put the fragment of the color that serves there, and reload the proxy"
  else
    fail_with "this script did not start what runs in $to. If it serves the users, stop $confirmed's program, then run \`adopt\` again"
  fi
}

# exclusives_stay: Succeeds if neither color's release has an exclusive service, so that nothing has to move. Fails with a
# reason if a release cannot tell.
exclusives_stay() {
  local candidate='' old_release=''
  local -a names=()
  [[ ! -L $state/colors/$wanted_color ]] || ! release_behind "$state/colors/$wanted_color" || candidate=$behind
  [[ ! -L $state/live ]] || ! release_behind "$state/live" || old_release=$behind
  name_exclusives && ((${#names[@]} == 0))
}

# find_own_processes: Sets `adopts_own`.
find_own_processes() {
  local link=$state/colors/$to
  adopts_own=''
  [[ -L $link ]] || return 0
  # The color's processes may belong to an earlier release. The journal has to record this.
  release_behind "$link" || :
  of_release "$behind" alive
  case $? in
    0) adopts_own=yes ;;
    1) ;;
    *) fail_with "cannot tell whether $to still runs as this script started it: $answer" ;;
  esac
}

# do_make_adopted: Makes a release without an artifact. It can be stopped, but not started again.
do_make_adopted() {
  local name
  bounded "${deadline["copy"]}" make_release_folder || {
    fail_with "cannot write to $candidate: is the disk full?"
    return
  }
  if [[ $adopts_own == yes ]]; then
    adopted=own
    bounded "${deadline["journal"]}" copy_synced "$state/colors/$to/fragment" "$candidate/fragment" || {
      fail_with "cannot write to $candidate: is the disk full?"
      return
    }
  fi
  save_text_before || return
  [[ $adopted != own ]] || return 0
  adopted=processes
  for name in "${services[@]}"; do
    at new "$name" ask_run adopt && continue
    adopted=fragment
    warn "$name of $to keeps running, and no deployment will stop it: $answer"
  done
  [[ $adopted == processes ]] || forget_files "$candidate"/identity.*
}

# save_text_before: Saves the text for the way back: what the proxy's file contains. If the file routes to another color,
# the way back leads to the adopted color, too, because the probes of that other color are not asked.
save_text_before() {
  if [[ ${live:-$live_guess} != "$to" ]]; then
    bounded "${deadline["journal"]}" copy_synced "$candidate/fragment" "$candidate/way-back" || fail_with "cannot write to $candidate: is the disk full?"
    return
  fi
  { ask_switch read && bounded "${deadline["journal"]}" copy_synced "$scratch/answer" "$candidate/way-back"; } || fail_with "cannot save the proxy's current file: $answer"
}

# do_commit_adopted: Commits the adoption. There is no previous color, so nothing is drained or stopped.
do_commit_adopted() {
  if [[ $adopted == processes ]]; then
    journal[previous]=''
    write_switched || return
    finish_adopted || {
      warn "$reason"
      reason=''
    }
    say "  $to is live, and this script manages it from now on"
    return 0
  fi
  if [[ $between_colors == yes && ! -f $state/journal.pending ]]; then
    confirm_own && return
    [[ -z $reason ]] || return
  fi
  drop_adopted || return
  say "  this script manages the fragment from now on; $to keeps running as it was started"
}

# confirm_own: Commits to the color's own release, like a switch from the other color: old workers of the proxy may still
# serve that color. So it is drained before anything stops it. Fails if the other color's release does not run.
confirm_own() {
  local other dropped=$candidate own
  other=$(other_color "$to")
  [[ -L $state/colors/$other ]] && release_behind "$state/colors/$to" && own=$behind && release_behind "$state/colors/$other" || return
  of_release "$behind" running
  (($? != 1)) || return
  old_release=$behind candidate=$own from=$other
  journal[kind]=deploy journal[from]=$other journal[release]=${own##*/} journal[warm]=''
  commit_switch || {
    old_release='' candidate=$dropped from=$to
    journal[kind]=adopt journal[from]=$to journal[release]=${dropped##*/} journal[warm]=yes
    return 1
  }
  remove_dropped "$dropped"
  shield of_release "$own" persist on || warn "$to may not come back after a reboot: $answer"
  say "  $to is live; \`cleanup\` or the next deployment drains and stops $other"
}

# drop_adopted: Removes the release of an adoption that took over only the fragment, because there is nothing to keep. A
# signal cannot interrupt between the journal and the removal.
drop_adopted() {
  local dropped=$candidate
  if asked_to_stop; then
    fail_with "stopped by $interrupted"
    return
  fi
  shield take_up_pending && remove_dropped "$dropped"
}

# remove_dropped RELEASE: Removes the folder of an adoption, also after a request to stop.
remove_dropped() {
  shield bounded "${deadline["copy"]}" rm -rf "$1" || warn "release ${1##*/} could not be removed"
}

# do_finish_adopted: Finishes an adoption that was killed after its commit.
do_finish_adopted() { finish_adopted; }

finish_adopted() {
  finish_commit && take_up_pending
}

# ---- actions of `rollback RELEASE` and `restart`: a copy of a release becomes live ---------------
#
# The copied release is not changed. The copy's own script answers all questions about the copy. It may be from an older
# deploy.bg.

kept=''       # the release that is copied
kept_ports='' # the ports of the copy

# do_choose_kept: Sets `from` and `to` as a deployment does, and `kept` to the release that the user named.
do_choose_kept() {
  local value
  choose_idle || return
  kept=$state/releases/$wanted_release
  if [[ ! -f $kept/meta ]]; then
    fail_with "there is no release $wanted_release (any more): deploy that version; $(kept_releases)"
  elif [[ -n $old_release && $kept -ef $old_release ]]; then
    fail_with "release $wanted_release is live already: \`restart\` starts it again"
  elif meta adopted "$kept"; then
    fail_with "release $wanted_release was adopted and has no artifact, so it cannot be started again: deploy the version that you want"
  elif ! has_served_once "$kept"; then
    fail_with "release $wanted_release has never served; $(kept_releases)"
  else
    choose_places
  fi
}

# do_choose_live: Does the same for a copy of the live release.
do_choose_live() {
  local value
  choose_idle || return
  kept=$old_release
  if [[ -z $from ]]; then
    fail_with 'nothing is live: there is nothing to restart'
  elif [[ -z $kept ]]; then
    fail_with "$from is live, but this script did not start it and cannot start it again: run \`deploy\`"
  elif meta adopted "$kept"; then
    fail_with "$from was adopted and has no artifact, so it cannot be started again: run \`deploy\`"
  else
    choose_places
  fi
}

# choose_places: Sets `kept_ports`. Only the release's script knows the release's ports and addresses in the idle color.
# They may differ from today's deploy.bg, but must not be those of the live color.
choose_places() {
  local value word rest one addresses='' id=${kept##*/}
  release_protocol "$kept"
  if ((value == 0)); then
    answer='' rest=2
  else
    of_release "$kept" places "$to"
    rest=$?
  fi
  case $rest in
    0) ;;
    2)
      word='deploy the version that you want'
      if [[ $state/previous -ef $kept ]] && ! deploy_went_back; then
        word="\`rollback\` without a name starts the release itself"
      fi
      fail_with "release $id was made by an older deployc and cannot be started in another color: $word"
      return
      ;;
    *)
      ! asked_to_stop || return 143
      fail_with "release $id cannot be started in $to: $answer"
      return
      ;;
  esac
  kept_ports=''
  while read -r word rest; do
    case $word in
      ports) kept_ports=$rest ;;
      addresses) addresses=$rest ;;
    esac
  done <<<"$answer"
  load_inputs "$kept"
  [[ -n $from ]] || return 0
  for one in $kept_ports $addresses; do
    if is_place_of_live "$one"; then
      fail_with "in $to, release $id would use $one, where $from serves: deploy the version that you want"
      return
    fi
  done
}

# is_place_of_live PORT|ADDRESS: Succeeds if the live color has this port or address.
is_place_of_live() {
  local value name taken=''
  if [[ -n $old_release ]]; then
    ! meta ports "$old_release" || taken+=" $value"
    ! meta addresses "$old_release" || taken+=" $value"
  else
    for name in "${services[@]}"; do
      taken+=" ${port_of["$from $name"]-} ${address_of["$from $name"]-}"
    done
  fi
  [[ " $taken " == *" $1 "* ]]
}

# kept_releases: Prints the releases to which `rollback RELEASE` can go.
kept_releases() {
  local folder text=''
  for folder in "$state"/releases/*/; do
    folder=${folder%/}
    if [[ $folder -ef $old_release ]] || ! can_be_copied "$folder"; then
      continue
    fi
    text+=", ${folder##*/}"
  done
  if [[ -n $text ]]; then
    printf '%s' "the kept releases are ${text#, } (see \`releases\`)"
  else
    printf 'only the live release is kept'
  fi
}

# do_inputs_again: Reads the inputs of the live release again. Its own script reads them, from the environment and from
# the files that it names.
do_inputs_again() {
  { rm -rf "$scratch/again" && mkdir -m 700 "$scratch/again"; } 2>/dev/null || {
    fail_with "cannot write to $scratch: is the disk full?"
    return
  }
  of_release "$kept" read_inputs "$scratch/again"
  case $? in
    0) load_inputs "$scratch/again" ;;
    2)
      fail_with "$answer"
      return 2
      ;;
    *)
      ! asked_to_stop || return 143
      fail_with "cannot read the inputs: $answer"
      ;;
  esac
}

# do_copy_release: Copies slot, script and inputs. Then the script of the copy writes the files that depend on the
# color; the meta file is written last.
do_copy_release() {
  local said inputs=$kept/inputs
  [[ $command != restart ]] || inputs=$scratch/again/inputs
  bounded "${deadline["copy"]}" copy_kept "$inputs" >"$scratch/answer" 2>&1 || {
    ! asked_to_stop || return 143
    said=$(<"$scratch/answer")
    fail_with "copying release ${kept##*/} failed: ${said:-is the disk with $state full?}"
    return
  }
  of_release "$candidate" renew "$to" "$deployment" "${kept##*/}" || {
    ! asked_to_stop || return 143
    fail_with "the copy of release ${kept##*/} cannot be prepared: $answer"
    return
  }
  load_inputs "$candidate"
}

# copy_kept INPUTS: Copies the parts of `kept`, and the folder INPUTS, into the candidate.
copy_kept() {
  local -a parts=("$kept/slot" "$kept/script" "$1")
  [[ ! -f $kept/artifact ]] || parts+=("$kept/artifact")
  # The list of the release's files is copied, too. So files that the app wrote into the slot still do not count as
  # files of the release.
  [[ ! -f $kept/files ]] || parts+=("$kept/files")
  mkdir "$candidate" && cp -a -- ${parts[@]+"${parts[@]}"} "$candidate/" && sync_path "$candidate/script" "$candidate/inputs"/* "$candidate" "$state/releases"
}

# ---- actions of `remove`: the app is removed from this host --------------------------------------
#
# Removed are: the proxy's file, the running processes, the unit that runs `resume`, and the state. Not removed are:
# everything in `root`, volumes, images, networks, and things that the app shares with others.

# do_find_removable: Sets `from` to the live color, if there is one. Then fails unless the caller gave `--stop-serving`.
do_find_removable() {
  local value
  know_live || return
  from='' old_release=''
  if [[ $live_state == color ]] && ! nobody_runs_live; then
    from=$live old_release=$live_release
    [[ -n $old_release ]] || {
      fail_with "$live is live, but this script did not start it and cannot stop it: \`adopt\` it first, or take its file out of the proxy by hand"
      return
    }
  elif [[ -L $state/live ]] && meta color "$state/live"; then
    # Without its file the proxy may still serve the configuration that it loaded last. Only exit code 1 excludes this.
    release_behind "$state/live" || :
    old_release=$behind
    of_release "$old_release" running
    case $? in
      1) old_release='' ;;
      *) from=$value ;;
    esac
  fi
  for to in "${colors[@]}"; do
    [[ $to == "$from" ]] || break
  done
  if [[ -n $from && $stops_serving == no ]]; then
    fail_with "$from serves: remove the routes to $app from the proxy's configuration first, or add --stop-serving"
    return
  fi
  load_inputs "${old_release:-$state/none}"
  say "  ${from:-nothing} serves"
}

# do_commit_removed: Commits the removal. From here nothing routes to the app, and no way back follows.
do_commit_removed() { commit_switch; }

# do_remove_state: Removes the state. One rename takes it away first, so that no other run finds only a part of it.
do_remove_state() {
  local unit=/etc/systemd/system/deployc-$app.service gone=$state.removed.$$ folder begun
  now
  begun=$now_ms
  for folder in "$state"/releases/*; do
    now
    ((now_ms - begun < deadline["sweep"])) || break
    [[ -f $folder/meta ]] || continue
    warn_of_files_of_app "$folder" $((begun + deadline["sweep"] - now_ms))
    of_release "$folder" clear || warn "release ${folder##*/}: $answer"
  done
  if ((EUID == 0)) && [[ -f $unit && -d /run/systemd/system ]]; then
    bounded "${deadline["resume_unit"]}" remove_resume_unit "$unit" >"$scratch/answer" 2>&1 || {
      fail_with "cannot remove $unit: $(<"$scratch/answer")"
      return
    }
  fi
  mv -T -- "$state" "$gone" 2>/dev/null || {
    fail_with "cannot remove $state"
    return
  }
  log_file='' scratch=$gone/scratch.$$
  # This also removes what an earlier removal has left.
  bounded "${deadline["copy"]}" rm -rf "$state".removed.* || warn "$gone could not be removed: it is no longer needed, remove it by hand"
}

remove_resume_unit() {
  systemctl disable "${1##*/}" && rm -f "$1" && systemctl daemon-reload
}

# ---- releases: which releases are kept -----------------------------------------------------------

# The number of old releases that are kept for `rollback RELEASE`, in addition to those that links lead to. Each of them
# was live once.
keep_releases=3

# has_served RELEASE…: Marks the releases as live once.
has_served() {
  local folder
  for folder; do
    [[ ! -d $folder || -f $folder/served ]] || : >"$folder/served" || return
  done
}

# has_served_once RELEASE: Succeeds if the release was live once: it is marked, or a color, `live` or `previous` leads
# to it.
has_served_once() {
  local link
  [[ ! -f $1/served ]] || return 0
  for link in "$state"/colors/* "$state/live" "$state/previous"; do
    [[ ! $link -ef $1 ]] || return 0
  done
  return 1
}

# can_be_copied RELEASE: Succeeds if `rollback RELEASE` can go to it.
can_be_copied() {
  local value
  [[ -f $1/meta ]] && has_served_once "$1" && ! meta adopted "$1" && release_protocol "$1" && ((value >= 1))
}

# find_swept: Sets `swept` to the releases that may be removed, the oldest first. It keeps the candidate, the releases
# of the colors, `live` and `previous`, the newest failed one, so that a person can look at it, and the last
# `keep_releases` good ones.
find_swept() {
  local at kept left=$keep_releases keep
  local -a folders=("$state"/releases/*/)
  swept=()
  for ((at = ${#folders[@]} - 1; at >= 0; at--)); do
    folders[at]=${folders[at]%/}
    [[ -d ${folders[at]} && ${folders[at]} != "$candidate" ]] || continue
    keep=no
    for kept in "$state"/colors/* "$state/live" "$state/previous" "$state/failed"; do
      [[ ! $kept -ef ${folders[at]} ]] || keep=yes
    done
    if [[ $keep == no ]] && ((left > 0)) && can_be_copied "${folders[at]}"; then
      left=$((left - 1)) keep=yes
    fi
    [[ $keep == yes ]] || swept=("${folders[at]}" ${swept[@]+"${swept[@]}"})
  done
}

# releases: Prints the kept releases, the newest last.
releases() {
  local folder value line found=no
  read_live
  for folder in "$state"/releases/*/; do
    folder=${folder%/}
    [[ -f $folder/meta ]] || continue
    found=yes
    line="${folder##*/}  $(standing_of "$folder")"
    ! meta color "$folder" || line+="  $value"
    ! artifact_of "$folder" || line+="  $value"
    ! meta created "$folder" || line+="  $value"
    ! meta deployment "$folder" || line+="  deployment $value"
    ! meta copied "$folder" || line+="  a copy of $value"
    ! meta adopted "$folder" || line+='  adopted'
    say "${line//[[:cntrl:]]/ }"
    say_inputs_of "$folder"
  done
  [[ $found == yes ]] || say 'no release yet'
}

# standing_of RELEASE: Prints the release's current state in one word, such as `live` or `kept`.
standing_of() {
  if [[ -n $live_release && $live_release -ef $1 ]]; then
    printf 'live    '
  elif [[ ${journal[phase]} != @(idle|switched) && $candidate -ef $1 ]]; then
    printf '%-8s' "${journal[phase]}"
  elif [[ $state/previous -ef $1 ]]; then
    printf 'previous'
  elif [[ $state/failed -ef $1 ]]; then
    printf 'failed  '
  elif has_served_once "$1"; then
    printf 'kept    '
  else
    printf 'left    '
  fi
}

# artifact_of RELEASE: Sets `value` to the artifact's name. Fails if it has none.
artifact_of() {
  [[ -f $1/artifact ]] && IFS= read -r value <"$1/artifact"
}

# say_inputs_of RELEASE: Prints the release's inputs without the secrets. If the meta file does not name the secrets,
# prints none.
say_inputs_of() {
  local file name value secrets line=''
  meta secrets "$1" || return 0
  secrets=" $value "
  for file in "$1"/inputs/*; do
    name=${file##*/}
    [[ -f $file && $secrets != *" $name "* ]] || continue
    IFS= read -r -d '' value <"$file" || :
    value=${value//[[:cntrl:]]/ }
    line+="  $name=${value:0:60}"
  done
  [[ -z $line ]] || say "  $line"
}

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

# ---- status, history, plan: commands that change nothing -----------------------------------------

# status [json]: Prints the live color, the idle one, unfinished work and the last failed release.
status() {
  local value runs='' told='' phase held='' color_word release_word
  read_journal
  read_boot
  read_live
  phase=${journal[phase]}
  # While a deployment is under way, or was interrupted, the file may be ahead of what was confirmed. `under way` says so.
  if [[ $live_state == color && $phase =~ ^(idle|prepared)$ ]] && ! agrees_with_confirmed "$live"; then
    live_state=unknown live_why=$reason live='' live_release='' reason=''
  elif nobody_runs_live; then
    live_why="the proxy's file routes to ${live:-$live_guess}, where nothing runs"
    live_state=none live=''
  fi
  mutex_is_held && holder_of_mutex && held=$holder
  if [[ ${1-} == json ]]; then
    status_json
    return
  fi
  case $live_state in
    color)
      [[ -z $live_release ]] || what_runs_of "$live_release"
      case $runs in
        none) told=", NOT RUNNING: \`resume\` starts it" ;;
        part) told=", ONLY PARTLY RUNNING ($answer): \`resume\` starts the rest" ;;
      esac
      say "live:      $live$(described "$live_release")$told"
      ;;
    none) say "live:      nothing: ${live_why:-the proxy has no fragment of this app yet}" ;;
    mixed) say 'live:      MIXED: the files of the proxy route to both colors' ;;
    *) say "live:      UNKNOWN: $live_why" ;;
  esac
  for color_word in "${colors[@]}"; do
    [[ $color_word != "${live:-$live_guess}" ]] || continue
    release_of "$color_word" || {
      say "idle:      $color_word, empty"
      continue
    }
    what_runs_of "$found_release"
    case $runs in
      all) told=running ;;
      part) told="running in part ($answer)" ;;
      none) told=stopped ;;
      unknown) told="cannot tell whether it runs ($answer)" ;;
    esac
    say "idle:      $color_word, $told$(described "$found_release")"
  done
  case $phase in
    idle) say 'under way: nothing' ;;
    prepared) say "under way: ${journal[to]} is prepared for deployment ${journal[deployment]}, not switched yet" ;;
    removing) say "under way: $app is to be removed${held:+ ($held)}" ;;
    preparing | returning | adopting) say "under way: deployment ${journal[deployment]} prepares ${journal[to]}${held:+ ($held)}" ;;
    swapping | switched)
      if [[ ${journal[kind]} == remove ]]; then
        say "under way: $app is being removed${journal[from]:+; ${journal[from]} served}"
      elif [[ $phase == switched ]]; then
        say "under way: cleanup of deployment ${journal[deployment]}: ${journal[from]:-nothing} has to be drained and stopped"
      else
        say "under way: deployment ${journal[deployment]} switches from ${journal[from]:-nothing} to ${journal[to]}; until it is confirmed the proxy may serve either"
      fi
      ;;
  esac
  if [[ $phase != idle && $phase != prepared && $phase != switched && -z $held ]]; then
    say "           its process is gone: the next command that changes something repairs this"
  fi
  [[ -z $held || $phase == preparing ]] || say "lock:      $held"
  if [[ -L $state/failed ]]; then
    release_word=$(readlink -f "$state/failed")
    say "failed:    release ${release_word##*/}; its logs are in $release_word"
  fi
}

# described RELEASE: Prints `, release ID of TIME`, or that this script did not start the color.
described() {
  local value
  if [[ -z $1 ]]; then
    printf ' (not started by this script)'
  elif meta created "$1"; then
    printf ', release %s of %s' "${1##*/}" "$value"
  fi
}

# what_runs_of RELEASE: Sets `runs` to all, part, none or unknown. If it is part, `answer` says what does not run.
what_runs_of() {
  local code
  of_release "$1" alive
  code=$?
  case $code in
    0) runs=all ;;
    1)
      # This no means that at least one service does not run. Others may run, and then the release is not stopped.
      local why=$answer
      of_release "$1" running
      case $? in
        0) runs=part answer=$why ;;
        1) runs=none ;;
        *) runs=unknown ;;
      esac
      ;;
    *) runs=unknown ;;
  esac
}

# live_is_dead: Succeeds if this script started the live color and the color does not run any more. An unclear answer
# does not count.
live_is_dead() {
  [[ -n $live_release ]] || return 1
  of_release "$live_release" alive
  (($? == 1))
}

status_json() {
  local quoted line running complete
  line="{\"app\":\"$app\",\"live\":"
  if [[ $live_state == color ]]; then line+="\"$live\""; else line+=null; fi
  json_string "$live_why"
  line+=",\"state\":\"$live_state\",\"why\":$quoted,\"release\":\"${live_release##*/}\",\"phase\":\"${journal[phase]}\""
  json_string "${journal[deployment]-}"
  line+=",\"deployment\":$quoted,\"from\":\"${journal[from]-}\",\"to\":\"${journal[to]-}\""
  json_string "$held"
  line+=",\"lock\":$quoted,\"colors\":{"
  for color_word in "${colors[@]}"; do
    runs=none
    ! release_of "$color_word" || what_runs_of "$found_release"
    running=false complete=false
    [[ $runs != all && $runs != part ]] || running=true
    [[ $runs != all ]] || complete=true
    line+="\"$color_word\":{\"release\":\"${found_release##*/}\",\"running\":$running,\"complete\":$complete},"
  done
  printf '%s}}\n' "${line%,}"
}

# history: Prints a line for each deployment, the newest last.
history() {
  local when deployed ran result went came took why
  if [[ ! -f $state/history ]]; then
    say 'no deployment yet'
    return 0
  fi
  while IFS=$'\t' read -r when deployed ran result went came took why; do
    say "$when  $ran $result  $went -> $came  ${took}s  $deployed${why:+  $why}"
  done <"$state/history"
}

# plan: Prints the steps of every command, in order. Nothing is done.
plan() {
  local program
  if choose_idle >/dev/null; then
    say "$app: from ${from:-nothing} to $to"
  else
    say "$app: a deployment would be refused now: $reason"
  fi
  say 'every command first takes the lock and undoes or finishes what an interrupted run left'
  listing=yes
  for program in ${listed[@]+"${listed[@]}"}; do
    list_block "$program"
  done
}

# list_block FUNCTION: Prints the steps of the function, each with what follows its failure.
list_block() {
  local block=$1 heading told_of=''
  heading=${1#command.}
  say ''
  say "${heading#plan.}:"
  otherwise=person
  "$1"
}

# list_step WHERE ACTION ARG…: Prints a step. For the steps of a program that has a block of its own, prints only the
# program's name.
list_step() {
  local line program
  program_of_block "${FUNCNAME[@]:2}"
  if [[ -z $program ]]; then
    printf -v line '  %-42s %-14s %s' "${*:2}" "$otherwise" "$1"
  elif [[ $program != "$told_of" ]]; then
    told_of=$program
    printf -v line '  %-42s %-14s %s' "$program" '' 'see there'
  else
    return 0
  fi
  say "${line%"${line##*[! ]}"}"
}

# program_of_block FUNCTION…: Sets `program` to the function whose block has the steps, if that is another block than
# the listed one; otherwise to an empty text. FUNCTION… are the running functions, the innermost first.
program_of_block() {
  local one within=''
  program=''
  for one; do
    [[ $one != "$block" ]] || break
    # The programs that belong only to this command are printed in its own block.
    if [[ -n $within && " ${written_out[*]} " != *" $within "* ]]; then
      program=$within
    fi
    within=$one
  done
  if [[ -n $within && $block != command.* && " ${written_out[*]} " != *" $within "* ]]; then
    program=$within
  fi
}

# ---- doctor: finds everything that `prepare` would refuse; changes nothing -----------------------
#
# There is no separate list of checks. `doctor` runs the steps of `prepare` up to the first one that changes something.

doctor_found=no # yes: `prepare` would refuse something

doctor() {
  read_boot
  from='' to='' old_release='' candidate=''
  looking=yes
  plan.prepare
  looking=no turn=''
  doctor_says 'the state can be kept' state_can_be_kept
  doctor_says 'the script is as it was built' script_is_as_built
  doctor_says 'no other deployment is active' nobody_is_at_work
  # A dead live color is no reason to refuse a deployment, which may be the cure.
  ! live_is_dead || warn "$live is live but does not run: \`resume\` starts it"
  reason=''
  if [[ $doctor_found == yes ]]; then
    exit_code=3
    fail_with 'this host is not ready: see above'
    return
  fi
  if [[ $live_state == color ]] && ! nobody_runs_live; then
    say "ready; $live is live"
  else
    say 'ready; nothing is live yet'
  fi
}

# look_at_step WHERE ACTION ARG…: Runs a step that changes nothing. If it fails, the next steps are still checked.
look_at_step() {
  local where=$1
  shift
  [[ -z $turn ]] || return 0
  case $1 in
    journal)
      turn='end'
      return 0
      ;;
    # A missing resource is no fault, because this step would make it.
    ensure_shared) return 0 ;;
  esac
  name_step "$@"
  step_where=$where
  artifact_is_missing=no
  doctor_says "$step_name" "do_$1" "${@:2}" && return 0
  # Without `from` and `to` the later steps cannot be checked.
  [[ $1 != choose_idle ]] || turn='end'
}

# doctor_says TITLE FUNCTION ARG…: Runs FUNCTION and prints one line with its result. Fails if `prepare` would refuse
# this.
doctor_says() {
  local title=$1
  shift
  reason=''
  if "$@"; then
    say "  ok      $title"
    return 0
  fi
  if [[ $artifact_is_missing == yes ]]; then
    # The artifact may come later, as with CodeDeploy.
    say "  later   $title: $reason"
    return 0
  fi
  say "  FAILED  $title${step_where:+ ($step_where)}: $reason"
  step_where='' doctor_found=yes
  return 1
}

# state_can_be_kept: Fails if a command that changes something could not make the state folder, or take the lock in it.
state_can_be_kept() {
  state_can_be_made && tool_is_here flock || return
  [[ -d $state ]] || return 0
  [[ -w $state && (! -e $state/lock || -w $state/lock) ]] || fail_with "$(id -un) may not write $state: use the user who deploys $app"
}

# nobody_is_at_work: Fails if a `deploy` that begins now would be refused because of another deployment.
nobody_is_at_work() {
  local reservation answer value command=deploy holder
  # If deploy.bg says so, `deploy` waits for the lock.
  if ((lock_wait == 0)) && ! leftovers_end; then
    holder_of_mutex
    fail_with "$holder"
    return
  fi
  find_reservation
  recovery "$command" "${journal[phase]}" "${journal[kind]:-deploy}" "$reservation"
  if [[ $answer == person ]]; then
    fail_unknown_phase
    return
  fi
  [[ $answer != refuse ]] || fail_with "${journal[to]} is prepared for deployment ${journal[deployment]}, for another ${value}s: \`switch\` or \`abort\` it, or wait"
}

# leftovers_end: Waits, as `deploy` would, for commands of an ended run that still hold the mutex. Fails if another run
# holds it, or if they do not end.
leftovers_end() {
  local until said=no
  now
  until=$((now_ms + deadline["leftovers"]))
  while mutex_is_held; do
    now
    holder_is_gone && ((now_ms < until)) || return 1
    if [[ $said == no ]]; then
      said=yes
      holder_of_mutex
      say "waiting: $holder"
    fi
    pause 100 || return 1
  done
}

# script_is_as_built: Fails if the script has another hash than in the manifest beside it. Succeeds without a manifest.
script_is_as_built() {
  local manifest=${script%/*}/manifest.json hash line
  line=$(grep -sF "${script##*/}\": \"" "$manifest") && hash=$(sha256sum "$script" 2>/dev/null) || return 0
  [[ $line == *"\"${hash%% *}\""* ]] || fail_with "$script was changed since it was built ($manifest has another hash): install what \`deployc build\` wrote"
}

# ---- probe: a color gets traffic only after it has answered as expected --------------------------

probe_said=''    # why the last try did not pass
probe_failure='' # why, in one word, for some failures: `redirect`; or `error`, if users would see an error, too
probe_worst=0    # the longest that all tries of a declaration may take, in milliseconds
unmanaged=no     # yes: this script did not start the color, so only its answers can be checked
asks_proxy=no    # yes: users get these answers now, so three errors in a row end the tries early

# reset_probe: Forgets the last declaration. Sets the defaults of the language.
reset_probe() {
  probe_every=100 probe_worst=60000 probe_timeout=2000 probe_after=0 probe_passes=2 probe_attempts=''
  question_kind=() question_subject=() question_content=() question_via=() question_ca=()
  question_first=() question_count=() question_words=()
  header_of=() header_line=()
  expect_of=() expect_part=() expect_name=() expect_relation=() expect_value=()
  color_sign=''
}

# tries every MS within MS timeout MS after MS passes N [attempts N]: Sets how often and how long to try. `within` is
# the total time, `after` included.
tries() {
  while (($#)); do
    case $1 in
      every) probe_every=$2 ;;
      within) probe_worst=$2 ;;
      timeout) probe_timeout=$2 ;;
      after) probe_after=$2 ;;
      passes) probe_passes=$2 ;;
      attempts) probe_attempts=$2 ;;
      *) ;;
    esac
    shift 2
  done
}

# ask get|head|post URL, ask tcp HOST:PORT, ask exec|inside PROG ARG…, ask healthy: Add a question. In one try all
# questions must pass.
ask() {
  question_kind+=("$1")
  question_subject+=("${*:2}")
  question_first+=("${#question_words[@]}")
  question_count+=($(($# - 1)))
  question_words+=("${@:2}")
  question_content+=('')
  question_via+=('')
  question_ca+=('')
}

# ask_header NAME VALUE, ask_body TEXT, ask_via HOST:PORT, ask_ca FILE: Belong to the last question before them.
ask_header() {
  header_of+=($((${#question_kind[@]} - 1)))
  header_line+=("$1: $2")
}
ask_body() { question_content[${#question_kind[@]} - 1]=$1; }
ask_via() { question_via[${#question_kind[@]} - 1]=$1; }
ask_ca() { question_ca[${#question_kind[@]} - 1]=$1; }

# questions_ready: Fails if this host cannot ask one of the questions.
questions_ready() {
  local at
  for at in "${!question_kind[@]}"; do
    case ${question_kind[at]} in
      get | head | post) http_ready "${question_subject[at]}" && ca_ready "${question_ca[at]}" || return ;;
      *) ;;
    esac
  done
}

# ca_ready FILE: Fails if the certificates cannot be read. A file in the new release is not there yet.
ca_ready() {
  [[ -z $1 || -r $1 || $1 == "$slot"/* ]] || fail_with "cannot read the certificates in $1, which \`ca\` names: put a file that this user can read there, or correct the path"
}

# run_gate DECLARATION: Succeeds if the current color passes, stays alive, and gave the answers itself. Returns 143 if
# the script was asked to stop.
run_gate() {
  declare_question "$1"
  # This script did not start the color, so its processes are not known.
  if [[ $unmanaged == yes ]]; then
    try_until_passed : : :
  else
    try_until_passed color_alive right_listener color_logs
  fi
}

# run_verify DECLARATION: Asks through the proxy. Meanwhile every service of the color must stay alive.
run_verify() {
  local code
  asks_proxy=yes
  ask_through_proxy "$1"
  code=$?
  asks_proxy=no
  return "$code"
}

ask_through_proxy() {
  declare_question "$1"
  if [[ $unmanaged == yes ]]; then
    try_until_passed : : :
  elif [[ ${journal[phase]} == idle ]] || is_of_this_script "$release"; then
    try_until_passed all_alive : color_logs
  else
    try_until_passed release_alive : release_logs
  fi
}

# run_verify_once DECLARATION: Makes one try, for a color that is live already. If it fails, `probe_said` says why.
run_verify_once() {
  local try_kind='' try_wanted='' try_target='' code
  declare_question "$1"
  asks_proxy=yes
  one_try "$probe_timeout"
  code=$?
  asks_proxy=no
  ((code == 0)) || probe_said="$try_wanted $try_target: $probe_said"
  return "$code"
}

# all_alive: Succeeds if every overlapping service of the current color is alive. Exclusive services are started later.
all_alive() {
  local name code
  for name in "${services[@]}"; do
    overlaps "$name" || continue
    probe_service=$name
    at new "$name" color_alive || {
      code=$?
      return "$code"
    }
  done
  probe_service=$service
}

# release_alive, release_logs LINES: Do the same for an older release, by its own script, because its services and
# drivers may differ.
release_alive() { of_release "$release" alive overlap; }
release_logs() {
  of_release "$release" logs "$1" || return 0
  show_logs_of 'its log'
}

# try_until_passed ALIVE LISTENER LOGS: Tries as the current declaration says. ALIVE is a function that says whether the
# color still runs, LISTENER whether it gave the answers itself. LOGS prints its last lines for the report. If it fails,
# `reason` says why.
try_until_passed() {
  local is_alive=$1 listener=$2 show_logs=$3 end start limit number=0 row=0 best=0 errors=0 code probe_service=$service
  local try_kind='' try_wanted='' try_target='' last='' wanted=''
  local -a kinds=()
  local -A count=()
  probe_said=''
  now
  end=$((now_ms + probe_worst))
  if ((probe_after > 0)); then
    rest_alive "$probe_after" || return
  fi
  while :; do
    now
    start=$now_ms
    limit=$((end - start < probe_timeout ? end - start : probe_timeout))
    ((limit > 0)) || break
    number=$((number + 1))
    one_try "$limit"
    code=$?
    [[ $code != 143 ]] || return 143
    if ((code == 0)); then
      row=$((row + 1))
      # A process that listens at the first pass of a row, and stays alive, gives all answers of the row.
      if ((row == 1)); then
        "$listener"
        code=$?
        ((code != 2)) || return 1
        ((code == 0)) || row=0
      fi
      ((row <= best)) || best=$row
    else
      row=0
    fi
    # Even after a good answer: a color that has died fails at once, and a color passes only if it is alive.
    still_alive
    code=$?
    ((code == 0 || code == 2)) || return "$code"
    if ((row >= probe_passes)); then
      ((code == 2)) || return 0
      row=0
      try_kind='no answer'
      probe_said=$answer
    fi
    if ((row == 0)); then
      # The end of the total time may shorten the last try. If such a try timed out, the try before it says more.
      if [[ -z $last || $limit == "$probe_timeout" || $try_kind != 'timed out' ]]; then
        last=$probe_said
        wanted="$try_wanted $try_target"
      fi
      [[ -n ${count[$try_kind]-} ]] || kinds+=("$try_kind")
      count[$try_kind]=$((${count[$try_kind]-0} + 1))
    fi
    # Users get this color now. After three errors in a row the script does not wait any longer.
    if ((row == 0)) && [[ $asks_proxy == yes && $probe_failure == error ]]; then
      errors=$((errors + 1))
      ((errors < 3)) || break
    else
      errors=0
    fi
    [[ -z $probe_attempts ]] || ((number < probe_attempts)) || break
    ((start + probe_every < end)) || break
    now
    if ((start + probe_every <= now_ms)); then
      :
    elif [[ $try_kind == refused && $listener == right_listener ]] && ((row == 0)); then
      rest_until_listening $((start + probe_every - now_ms)) || return
    else
      rest_alive $((start + probe_every - now_ms)) || return
    fi
  done
  not_passed
}

# not_passed: Fails with the reason in one sentence. Prints the last lines of the application's log.
not_passed() {
  local kind summary='' in_seconds
  for kind in ${kinds[@]+"${kinds[@]}"}; do
    summary+="${summary:+, }${count[$kind]} × $kind"
  done
  ((${#kinds[@]} > 1)) || summary=''
  in_seconds "$probe_worst"
  if ((errors >= 3)); then
    fail_with "$wanted: users get an error, $(tries_in_words)${summary:+ ($summary)}, three in a row, last: $last"
  elif ((number == 0)); then
    fail_with "no time was left to ask ${question_subject[0]}"
  elif ((best > 0)); then
    fail_with "only $best of $probe_passes passes in a row from ${question_subject[0]} within $in_seconds: $(tries_in_words)${summary:+ ($summary)}${last:+, last failure: $last}"
  else
    fail_with "$wanted within $in_seconds: $(tries_in_words)${summary:+ ($summary)}, last: $last"
  fi
  "$show_logs" 20
  return 1
}

tries_in_words() {
  if ((number == 1)); then
    printf '1 try'
  else
    printf '%d tries' "$number"
  fi
}

# still_alive: Succeeds if the started color has not ended. Returns 1 and sets the reason if it has ended, 2 if this
# could not be found out in time.
still_alive() {
  local code
  "$is_alive"
  code=$?
  ((code != 0)) || return 0
  ! asked_to_stop || return 143
  # Only exit code 1 means no. With any other code the driver was too slow or was killed.
  ((code == 1)) || return 2
  fail_with "$probe_service of $color died while it was probed: ${answer:-it is gone}${probe_said:+; the last try said: $probe_said}"
  "$show_logs" 20
  return 1
}

# rest_alive MILLISECONDS: Waits, and checks once a second whether the color is still alive.
rest_alive() {
  local until code
  now
  until=$((now_ms + $1))
  while ((now_ms < until)); do
    pause $((until - now_ms < 1000 ? until - now_ms : 1000)) || return 143
    now
    ((now_ms < until)) || return 0
    still_alive
    code=$?
    ((code == 0 || code == 2)) || return "$code"
    now
  done
}

# rest_until_listening MILLISECONDS: Does the same as `rest_alive`, but ends as soon as a process listens on the port
# that refused until now, because then the next try may pass. A look at the port takes 2 to 4 ms, at most about a tenth
# of the time. While the host has no new sockets, no look is needed.
rest_until_listening() {
  local until seen code sockets before rest=10
  now
  until=$((now_ms + $1))
  seen=$now_ms
  count_sockets
  before=$sockets
  if port_listens "$port"; then
    # A process listens already, perhaps at another address. So only time can help.
    rest_alive "$1"
    return
  fi
  while ((now_ms < until)); do
    pause $((until - now_ms < rest ? until - now_ms : rest)) || return 143
    rest=10
    count_sockets
    if [[ $sockets != "$before" ]]; then
      before=$sockets
      ! port_listens "$port" || return 0
      rest=25
    fi
    now
    ((now_ms - seen >= 1000)) || continue
    still_alive
    code=$?
    ((code == 0 || code == 2)) || return "$code"
    now
    seen=$now_ms
  done
}

# right_listener: Succeeds if the started color listens on its port, so that it gave the answers itself. Returns 1 if it
# does not listen, perhaps not yet; 2 if another process listens.
right_listener() {
  local said found
  # If the driver cannot tell who listens, only the answers count.
  [[ -n $port ]] && run_has listens || return 0
  color_listens
  case $? in
    1)
      try_kind='no process listens'
      try_wanted='not the expected answer from'
      probe_said="the probe was answered, but no process of $color listens on port $port"
      return 1
      ;;
    2)
      said=$answer
      # The program may have ended and left a child that listens. Then its end is the better reason.
      still_alive
      (($? != 1)) || return 2
      fail_with "port $port was answered by another process: $said; $service of $color does not listen there"
      "$show_logs" 20
      return 2
      ;;
    # 3: the driver cannot see which process listens.
    0 | 3) return 0 ;;
    *)
      try_kind='no answer'
      try_wanted='cannot tell who answered'
      probe_said=$answer
      return 1
      ;;
  esac
}

# ---- question: one try of all questions ----------------------------------------------------------
#
# If a try fails, these say why: `try_kind` in a few words, which are counted; `probe_said` what was found; `try_wanted`
# and `try_target` what was missing, such as `no 2xx from` and `http://…`.

# one_try MILLISECONDS: Asks every question once. All together may take MILLISECONDS.
one_try() {
  local until at left code
  probe_failure=''
  now
  until=$((now_ms + $1))
  for at in "${!question_kind[@]}"; do
    now
    left=$((at == 0 ? $1 : until - now_ms))
    try_target=${question_subject[at]}
    if ((left <= 0)); then
      try_kind='timed out'
      try_wanted='no answer from'
      probe_said='timed out: the requests before it took all of the time'
      return 1
    fi
    case ${question_kind[at]} in
      get | head | post) try_http "$at" "$left" ;;
      tcp) try_tcp "$at" "$left" ;;
      exec) try_command "$left" command_on_host "${question_words[@]:question_first[at]:question_count[at]}" ;;
      inside) try_command "$left" command_inside "${question_words[@]:question_first[at]:question_count[at]}" ;;
      *) try_command "$left" driver_says_healthy ;;
    esac
    code=$?
    ((code == 0)) || return "$code"
  done
}

# try_http QUESTION MILLISECONDS: Sends a request and checks the answer.
try_http() {
  local at code
  local -a headers=()
  for at in ${header_of[@]+"${!header_of[@]}"}; do
    [[ ${header_of[at]} != "$1" ]] || headers+=("${header_line[at]}")
  done
  http_request "${question_kind[$1]}" "${question_subject[$1]}" "$2" "${question_via[$1]}" "${question_ca[$1]}" "${question_content[$1]}" ${headers[@]+"${headers[@]}"}
  code=$?
  if ((code == 0)); then
    expectations_hold "$1" "$2"
    return
  fi
  ((code != 143)) || return 143
  try_wanted='no answer from'
  excerpt "$http_why"
  probe_said=$excerpt
  try_kind=$http_failure
  case $http_failure in
    timeout) try_kind='timed out' ;;
    refused | closed) probe_failure=error ;;
    *) ;;
  esac
  return 1
}

# try_tcp QUESTION MILLISECONDS: Opens a connection.
try_tcp() {
  local host port code tcp_why=''
  try_wanted='no connection to'
  if http_host_port "${question_subject[$1]}" ''; then
    bounded "$2" tcp_connect "$host" "$port" 2>/dev/null
    code=$?
  else
    code=13
  fi
  case $code in
    0 | 143) return "$code" ;;
    10) try_kind='refused' probe_said='connection refused' ;;
    11) try_kind='resolve' probe_said="cannot resolve $host" ;;
    12) try_kind='unreachable' probe_said="no route to $host" ;;
    124) try_kind='timed out' probe_said='timed out: no connection' ;;
    *) try_kind='other' probe_said='not an address that can be connected to' ;;
  esac
  return 1
}

# try_command MILLISECONDS FUNCTION PROG ARG…: Runs a command, which passes if it exits 0. Its output is only for the
# report.
try_command() {
  local limit=$1 code output='' in_seconds
  shift
  bounded "$limit" "$@" >"$scratch/http.value" 2>&1
  code=$?
  ((code != 0 && code != 143)) || return "$code"
  IFS= read -r -d '' output <"$scratch/http.value" || :
  try_wanted='no success of'
  if [[ $1 == driver_says_healthy ]]; then
    try_wanted='no healthy answer from'
    try_target="$service of $color"
  fi
  excerpt "$output"
  if ((code == 124)); then
    in_seconds "$limit"
    try_kind='timed out'
    probe_said="timed out: not done within $in_seconds"
  else
    try_kind="exit $code"
    probe_said="exit $code${excerpt:+, output $excerpt}"
  fi
  return 1
}

# command_on_host PROG ARG…: Runs the command in `root`, with the environment of a user's step. Prints the end of its
# output. `exec` starts a program, even if a function of this script has the same name.
command_on_host() {
  cd "$root" 2>/dev/null || cd /
  step_environment
  { exec -- "$@"; } 2>&1 | tail -c 4096
  return "${PIPESTATUS[0]}"
}

# command_inside PROG ARG…: Runs the command inside the color, by the driver's `enter`.
command_inside() {
  local found name=enter driver=${run_of["$service"]%% *}
  function_of "${run_of["$service"]}" enter || return
  with_settings "settings.$service" "$found" "$@" 2>&1 | tail -c 4096
  return "${PIPESTATUS[0]}"
}

# driver_says_healthy: Asks the driver for its own verdict.
driver_says_healthy() {
  local found name=healthy driver=${run_of["$service"]%% *}
  function_of "${run_of["$service"]}" healthy || {
    printf '%s\n' "the driver $driver has no health check"
    return 1
  }
  with_settings "settings.$service" "$found"
}

# ---- expect: checks an answer against the expectations of its question ---------------------------
#
# An expectation belongs to the last question before it.

# expect status SET… | color | body RELATION TEXT | header NAME RELATION TEXT | json PATH RELATION TEXT: Adds an
# expectation. A SET is 200 or 200..299. RELATION is contains, equals or matches (a POSIX extended regular expression).
expect() {
  local name='' relation='' value=''
  case $1 in
    status) value=${*:2} ;;
    color) ;;
    body) relation=$2 value=$3 ;;
    *) name=$2 relation=$3 value=$4 ;;
  esac
  expect_of+=($((${#question_kind[@]} - 1)))
  expect_part+=("$1")
  expect_name+=("$name")
  expect_relation+=("$relation")
  expect_value+=("$value")
}

# expectations_hold QUESTION MILLISECONDS: Succeeds if the answer fulfils every expectation of the question. If not,
# sets `try_kind` and `probe_said` to what was found, and `try_wanted` to what was expected.
expectations_hold() {
  local at one body='' has_body=no
  local LC_ALL=C # bytes, not characters: this is faster, and no byte is invalid
  local -a statuses=()
  find_statuses "$1"
  for one in ${statuses[@]+"${statuses[@]}"}; do
    status_fits "$one" || return
  done
  for at in ${expect_part[@]+"${!expect_part[@]}"}; do
    [[ ${expect_of[at]} == "$1" ]] || continue
    case ${expect_part[at]} in
      body) body_fits "$at" ;;
      header) header_fits "$at" ;;
      json) json_fits "$at" "$2" ;;
      color) color_fits "$2" ;;
      *) ;;
    esac || return
  done
}

# find_statuses QUESTION: Sets `statuses` to the sets of each `expect status` of the question, all of which must hold.
# Without one the status must be 2xx.
find_statuses() {
  local at
  statuses=()
  for at in ${expect_part[@]+"${!expect_part[@]}"}; do
    [[ ${expect_of[at]} != "$1" || ${expect_part[at]} != status ]] || statuses+=("${expect_value[at]}")
  done
  ((${#statuses[@]})) || statuses=(200..299)
}

# status_fits SETS: Succeeds if the status is in one of the SETS.
status_fits() {
  local set value shown=''
  ! status_is_in "$http_status" "$1" || return 0
  for set in $1; do
    [[ $set =~ ^([1-5])00\.\.([1-5])99$ && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]] && set=${BASH_REMATCH[1]}xx
    shown+="${shown:+ or }$set"
  done
  try_kind="status $http_status"
  [[ $http_status != 5* ]] || probe_failure=error
  try_wanted="no $shown from"
  probe_said="status $http_status"
  if [[ $http_status == 3* ]] && http_header location; then
    probe_failure=redirect
    excerpt "$value"
    probe_said+=", a redirect to $excerpt"
    return 1
  fi
  load_body
  excerpt "$body"
  [[ -z $excerpt ]] || probe_said+=", body $excerpt"
  return 1
}

# status_is_in STATUS SETS: Succeeds if the status is in one of the SETS.
status_is_in() {
  local set
  [[ $1 == [1-5][0-9][0-9] ]] || return 1
  for set in $2; do
    (($1 < ${set%%..*} || $1 > ${set##*..})) || return 0
  done
  return 1
}

# load_body: Sets `body`, once for each answer, without the line ends at its end.
load_body() {
  local tail
  [[ $has_body == no ]] || return 0
  has_body=yes
  http_body
  # Line ends are removed in blocks of 4096 bytes. Removing 1 MiB of line ends one by one would take minutes.
  while [[ $body == *[$'\r\n'] ]]; do
    tail=$body
    ((${#body} <= 4096)) || tail=${body: -4096}
    if [[ $tail == *[!$'\r\n']* ]]; then
      tail=${tail##*[!$'\r\n']}
      body=${body:0:${#body}-${#tail}}
      break
    fi
    body=${body:0:${#body}-${#tail}}
  done
}

# text_fits TEXT RELATION EXPECTED: Succeeds if TEXT equals, contains or matches EXPECTED. Sets `try_wanted` for the
# message.
text_fits() {
  try_wanted='not the expected answer from'
  case $2 in
    equals) [[ $1 == "$3" ]] ;;
    contains) [[ $1 == *"$3"* ]] ;;
    matches) [[ $1 =~ $3 ]] ;;
    *) return 1 ;; # an unknown relation must not pass
  esac
}

# misfit WHAT TEXT RELATION EXPECTED: Sets `try_kind` and `probe_said` to what was found and what was expected. Fails.
misfit() {
  local found wanted excerpt
  excerpt "$2"
  found=${excerpt:-empty}
  excerpt "$4"
  wanted=$excerpt
  try_kind="wrong $1"
  case $3 in
    equals) probe_said="$1 is $found, expected $wanted" ;;
    contains) probe_said="$1 is $found, expected it to contain $wanted" ;;
    matches) probe_said="$1 is $found, expected it to match $wanted" ;;
    *) probe_said="this script cannot compare $1: it does not know the relation $3" ;;
  esac
  return 1
}

# body_fits EXPECTATION: Succeeds if the body is as expected.
body_fits() {
  local what=body
  load_body
  text_fits "$body" "${expect_relation[$1]}" "${expect_value[$1]}" && [[ $http_cut == no || ${expect_relation[$1]} != equals ]] && return 0
  [[ $http_cut == no ]] || what="body (its first $((http_limit / 1024)) KiB)"
  misfit "$what" "$body" "${expect_relation[$1]}" "${expect_value[$1]}"
}

# header_fits EXPECTATION: Succeeds if the header is as expected.
header_fits() {
  local value
  try_wanted='not the expected answer from'
  if ! http_header "${expect_name[$1]}"; then
    try_kind="no header ${expect_name[$1]}"
    probe_said="status $http_status without a header ${expect_name[$1]}"
    return 1
  fi
  text_fits "$value" "${expect_relation[$1]}" "${expect_value[$1]}" \
    || misfit "header ${expect_name[$1]}" "$value" "${expect_relation[$1]}" "${expect_value[$1]}"
}

# json_fits EXPECTATION MILLISECONDS: Succeeds if the value at the JSON path is as expected. Reading it may take
# MILLISECONDS.
json_fits() {
  local value code path=${expect_name[$1]}
  bounded "$2" json_of_body "$path" >"$scratch/http.value" 2>/dev/null
  code=$?
  try_wanted='not the expected answer from'
  case $code in
    0)
      IFS= read -r -d '' value <"$scratch/http.value" || :
      value=${value%$'\n'}
      text_fits "$value" "${expect_relation[$1]}" "${expect_value[$1]}" \
        || misfit "json $path" "$value" "${expect_relation[$1]}" "${expect_value[$1]}"
      return
      ;;
    1) try_kind="no json $path" ;;
    3) try_kind="json $path is a list or an object" ;;
    124) try_kind='json too slow to read' ;;
    143) return 143 ;;
    *) try_kind='body is not JSON' ;;
  esac
  [[ $code == 1 || $code == 3 || $http_cut == no ]] || try_kind="body is longer than $((http_limit / 1024)) KiB, too long for json"
  load_body
  excerpt "$body"
  probe_said="status $http_status, $try_kind: ${excerpt:-empty}"
  return 1
}

# json_of_body PATH: Prints the value at this path of the body.
json_of_body() {
  json_get "$1" <"$scratch/http.body"
}

# excerpt TEXT: Sets `excerpt` to the first 200 bytes of TEXT on one line. Secrets are masked before the text is cut.
excerpt() {
  local secret longest=0 masked text=$1 cut=no LC_ALL=C
  for secret in ${secret_values[@]+"${secret_values[@]}"}; do
    ((${#secret} <= longest)) || longest=${#secret}
  done
  # If the end of the window cuts a secret in two, the secret is not recognised. So the last bytes, as many as the
  # longest secret has, are dropped.
  if ((${#text} > 4096 + longest)); then
    text=${text:0:longest+4096}
    cut=yes
  fi
  mask "$text"
  text=$masked
  if [[ $cut == yes ]]; then
    ((${#text} >= longest)) || longest=${#text}
    text=${text:0:${#text}-longest}
  fi
  if ((${#text} > 200)); then
    text=${text:0:200}
    # Remove a character that was cut in two.
    while [[ $text == *[$'\x80'-$'\xbf'] ]]; do
      text=${text%?}
    done
    text=${text%[$'\xc0'-$'\xff']}
    cut=yes
  fi
  text=${text//[[:cntrl:]]/ }
  excerpt=$text
  [[ $cut == no ]] || excerpt+='…'
}

# ---- color_sign: which color has answered --------------------------------------------------------
#
# A color is proved by its app, or by what the proxy has seen of this request. A text that the proxy's own file holds
# proves nothing.

color_sign=''    # header: only the header `X-Deploy-Color` told the color of the last answer
asked_service='' # the service to which the current `verify` belongs; empty if it belongs to the whole color

# color_fits MILLISECONDS: Succeeds if the answer comes from the color that was asked. Three signs prove it: the
# app's header `X-Deploy-Color`; a body that is the color's name; the proxy's header `X-Upstream: ADDRESS STATUS` with an
# address of this color and an expected status. What the proxy has seen may disprove the other two: the other color, no
# server at all, or an error of the app behind an error page. Names in addresses are resolved within MILLISECONDS.
color_fits() {
  local value at until
  local -a values=() upstreams=() upstream_statuses=()
  local -A resolved=()
  color_sign=''
  try_wanted="no answer of $color from"
  now
  until=$((now_ms + $1))
  if http_values X-Upstream; then
    read_upstreams
    upstreams_allow || return
  fi
  if http_header X-Deploy-Color && ! proxy_sends_color; then
    [[ $value == "$color" ]] || {
      answered_by "$value" ' (header X-Deploy-Color)'
      return
    }
    load_body
    [[ $body == "$color" ]] || color_sign=header
    return 0
  fi
  load_body
  case $body in
    "$color") return 0 ;;
    "${other_color:-$color}")
      answered_by "$other_color"
      return
      ;;
  esac
  if ((${#upstreams[@]})); then
    upstreams_prove
    return
  fi
  excerpt "$body"
  try_kind='no sign of a color in the answer'
  probe_said="status $http_status without a sign of a color: no header X-Deploy-Color of the app, no header X-Upstream of the proxy, and the body is not $color: ${excerpt:-empty}"
  return 1
}

# proxy_sends_color: Succeeds if the proxy's own file sends the header, so that it proves nothing. The files of 0.1.0 did
# this. Their releases are asked as 0.1.0 asked them, because a way back to them must stay open.
proxy_sends_color() {
  local value
  [[ $asks_proxy == yes ]] && file_contains "$release/fragment" x-deploy-color && release_protocol "$release" && ((value >= 1))
}

# file_contains FILE TEXT: Succeeds if the file contains the text, in upper or lower case. TEXT is in lower case. Without
# the file it fails.
file_contains() {
  local text=''
  { IFS= read -r -d '' text <"$1"; } 2>/dev/null
  [[ ${text,,} == *"$2"* ]]
}

# answered_by WORDS [WHERE]: Fails, because something else than the color has answered.
answered_by() {
  excerpt "$1"
  probe_failure=error
  try_kind="answered by ${excerpt:-nothing}"
  probe_said=$try_kind${2-}
  return 1
}

# read_upstreams: Sets `upstreams` and `upstream_statuses` from `values`, the lines of the header X-Upstream; each proxy on
# the way may have sent one. nginx lists all tries of a request in its line, first the addresses, then the statuses
# (`A, B 502, 200`, or `A : B 502 : 200` after an internal redirect). Only the last try counts. Its status may be missing.
read_upstreams() {
  local line at count
  local -a words
  for line in ${values[@]+"${values[@]:0:8}"}; do
    line=${line//,/ }
    read -r -a words <<<"${line// : / }"
    count=${#words[@]}
    ((count)) || continue
    at=$((count - 1))
    while ((at >= 0)) && [[ ${words[at]} =~ ^([1-5][0-9][0-9]|-)$ ]]; do
      at=$((at - 1))
    done
    ((at >= 0)) || continue
    upstreams+=("${words[at]}")
    if ((at < count - 1)); then
      upstream_statuses+=("${words[count - 1]}")
    else
      upstream_statuses+=('')
    fi
  done
}

# upstreams_allow: Fails if the header X-Upstream shows that the color has not given this answer.
upstreams_allow() {
  local at status
  if ((${#upstreams[@]} == 0)); then
    try_kind='no server asked'
    probe_said="status $http_status, but the proxy has asked no server for it (its header X-Upstream is empty)"
    return 1
  fi
  for at in "${!upstreams[@]}"; do
    if is_address_of "$other_color" "${upstreams[at]}" "${services[@]}"; then
      answered_by "$other_color" " at ${upstreams[at]} (header X-Upstream)"
      return
    fi
  done
  for at in "${!upstreams[@]}"; do
    status=${upstream_statuses[at]}
    if [[ -z $status ]] || status_is_expected "$status" || ! is_address_of "$color" "${upstreams[at]}" "${services[@]}"; then
      continue
    fi
    probe_failure=error
    try_kind="status $status behind the proxy"
    probe_said="status $http_status from the proxy, but ${upstreams[at]} itself answered $status (header X-Upstream)"
    return 1
  done
}

# upstreams_prove: Succeeds if one of `upstreams` is an address of the color: of the service to which the `verify`
# belongs, or of any service.
upstreams_prove() {
  local one
  for one in ${upstreams[@]+"${upstreams[@]}"}; do
    if [[ -n $asked_service ]]; then
      ! is_address_of "$color" "$one" "$asked_service" || return 0
    else
      ! is_address_of "$color" "$one" "${services[@]}" || return 0
    fi
  done
  answered_by "$one" ", which is no address of ${asked_service:+$asked_service of }$color (header X-Upstream)"
}

# status_is_expected STATUS: Succeeds if the status fulfils the question's expectations, as the answer's own must.
status_is_expected() {
  local one
  for one in ${statuses[@]+"${statuses[@]}"}; do
    status_is_in "$1" "$one" || return
  done
}

# is_address_of COLOR ADDRESS SERVICE…: Succeeds if one of the services has this address in the color. A name counts as
# each address that this host finds for it. Each name is resolved once, until `now_ms` is `until`.
is_address_of() {
  local name wanted found host=${2%:*} side=$1 address=$2
  shift 2
  host=${host#[}
  host=${host%]}
  for name; do
    wanted=${address_of["$side $name"]-}
    [[ -n $wanted ]] || continue
    [[ $wanted != "$address" ]] || return 0
    [[ ${wanted##*:} == "${address##*:}" && ! ${wanted%:*} =~ ^([0-9.]+|\[.*\])$ ]] || continue
    # As in `established_to`: a host may list only one of the two, and the proxy uses both.
    [[ ${wanted%:*} != localhost || ! $host =~ ^(127\.0\.0\.1|::1)$ ]] || return 0
    resolve "${wanted%:*}"
    [[ $'\n'$found != *$'\n'"$host "* ]] || return 0
  done
  return 1
}

# resolve NAME: Sets `found` to the addresses of the name, as `getent` prints them. It is empty if there are none, or if
# the time is over.
resolve() {
  found=${resolved["$1"]-}
  [[ -z ${resolved["$1"]+known} ]] || return 0
  now
  if ((now_ms < until)) && bounded $((until - now_ms)) getent ahosts "$1" >"$scratch/http.value" 2>/dev/null; then
    IFS= read -r -d '' found <"$scratch/http.value" || :
  fi
  resolved["$1"]=$found
}

# ---- http: one request and its answer ------------------------------------------------------------
#
# Uses curl if the host has a version that can do what is needed, otherwise bash alone, which cannot do https.

http_client=''       # curl or bash; chosen once
http_curl_version='' # the version of curl, if there is one
http_limit=1048576   # how many bytes of a body are read
# shellcheck disable=SC2016  # nothing in it is to be expanded
http_header_shape='^[A-Za-z0-9!#$%&*+.^_`|~-]+: '

# http_with: Chooses the client, once. `--connect-to` needs curl 7.49.
http_with() {
  local words=0.0 _
  [[ -z $http_client ]] || return 0
  http_client=bash
  command -v curl >/dev/null || return 0
  bounded 5000 curl -q --version >"$scratch/http.said" 2>/dev/null || return 0
  read -r _ words _ <"$scratch/http.said" || :
  http_curl_version=$words
  [[ $words =~ ^([0-9]+)\.([0-9]+) ]] || return 0
  if ((10#${BASH_REMATCH[1]} * 1000 + 10#${BASH_REMATCH[2]} >= 7049)); then
    http_client=curl
  fi
}

# http_url URL: Sets url_scheme, url_host (without brackets), url_port, url_name (for the header `Host`) and url_path.
# Fails if the URL is wrong; `http_why` then says why.
http_url() {
  local rest=$1
  http_why=''
  if [[ $rest == *[[:cntrl:][:space:]]* ]]; then
    http_why='a URL must not contain blanks or line breaks'
    return 1
  fi
  url_scheme=${rest%%://*}
  rest=${rest#*://}
  rest=${rest%%#*}
  url_name=${rest%%[/?]*}
  url_path=${rest#"$url_name"}
  [[ $url_path == /* ]] || url_path=/$url_path
  case $url_scheme in
    http) url_port=80 ;;
    https) url_port=443 ;;
    *)
      http_why='a URL begins with http:// or https://'
      return 1
      ;;
  esac
  if [[ $url_name == *@* ]]; then
    http_why='a URL must not contain a user name: send it in an Authorization header'
    return 1
  fi
  http_host_port "$url_name" "$url_port" || {
    http_why="not a valid host: $url_name"
    return 1
  }
  url_host=$host
  url_port=$port
}

# http_host_port HOST[:PORT] DEFAULT: Sets `host`, without brackets, and `port`. Fails if the text is wrong.
http_host_port() {
  port=$2
  if [[ $1 =~ ^\[([0-9A-Fa-f:.%]+)\](:([0-9]+))?$ ]] || [[ $1 =~ ^([A-Za-z0-9._-]+)(:([0-9]+))?$ ]]; then
    host=${BASH_REMATCH[1]}
    port=${BASH_REMATCH[3]:-$2}
    [[ $host != -* ]]
  else
    return 1
  fi
}

# http_ready URL…: Fails if this host cannot ask one of the URLs.
http_ready() {
  local url url_scheme url_host url_port url_name url_path http_why host port
  http_with
  for url; do
    http_url "$url" || {
      fail_with "cannot ask $url: $http_why"
      return
    }
    if [[ $url_scheme == https && $http_client != curl ]]; then
      if [[ -n $http_curl_version ]]; then
        fail_with "cannot ask $url: https needs curl 7.49 or newer, this host has $http_curl_version"
      else
        fail_with "cannot ask $url: https needs curl, which this host does not have: install it"
      fi
      return
    fi
  done
}

# http_request METHOD URL MILLISECONDS VIA CA BODY HEADER…: Sends a request. METHOD is get, head or post. VIA is empty,
# or a HOST:PORT to connect to instead. CA is empty, or a file of certificates. A HEADER is `Name: value`.
# Returns 0 if there is an answer: `http_status`, its headers in $scratch/http.head, the first MiB of its body in
# $scratch/http.body; `http_cut` is yes if the body was longer. Returns 1 if there is none: `http_failure` is refused,
# timeout, resolve, unreachable, tls, closed, invalid or other, and `http_why` says it in words. Returns 143 if the
# script was asked to stop.
http_request() {
  local method=$1 url=$2 http_ms=$3 via=$4 ca=$5 body=$6 header
  local url_scheme url_host url_port url_name url_path host port
  shift 6
  http_status='' http_cut=no http_failure='' http_why=''
  http_with
  if ! http_url "$url"; then
    http_failure=invalid
    return 1
  fi
  for header; do
    if [[ ! $header =~ $http_header_shape || $header == *[$'\r\n']* ]]; then
      http_failure=invalid
      http_why="header ${header%%:*} cannot be sent: its value contains a line break, or its name a character that is not allowed"
      return 1
    fi
  done
  if [[ -n $via ]] && ! http_host_port "$via" "$url_port"; then
    http_failure=invalid
    http_why="via $via is not host:port"
    return 1
  fi
  : >"$scratch/http.head" || return
  : >"$scratch/http.body" || return
  if [[ $http_client == curl ]]; then
    # curl keeps the deadline itself and can say what was missing. The deadline of `bounded` is for a curl that hangs.
    bounded $((http_ms + 500)) curl_ask "$@" >"$scratch/http.said" 2>"$scratch/http.errors"
    curl_outcome $?
  elif [[ $url_scheme == https ]]; then
    http_failure=tls
    http_why='https needs curl'
    return 1
  else
    bounded "$http_ms" bash_ask "$@" >"$scratch/http.said" 2>"$scratch/http.errors"
    bash_outcome $?
  fi
}

# in_seconds MILLISECONDS: Sets `in_seconds`, the time for messages: 300ms, 2s, 2.5s.
in_seconds() {
  if (($1 < 1000)); then
    in_seconds=${1}ms
  elif (($1 % 1000 < 100)); then
    in_seconds=$(($1 / 1000))s
  else
    in_seconds=$(($1 / 1000)).$(($1 % 1000 / 100))s
  fi
}

# http_timed_out STAGE: Sets `http_failure` and `http_why` for a request that took too long. STAGE says how far it came:
# empty, `connected`, or a status.
http_timed_out() {
  local in_seconds
  http_failure=timeout
  in_seconds "$http_ms"
  case $1 in
    '') http_why="timed out: no connection within $in_seconds" ;;
    connected) http_why="timed out: connected, but no answer within $in_seconds" ;;
    *) http_why="timed out: status $1, but its body did not end within $in_seconds" ;;
  esac
}

# http_header NAME: Sets `value` to the value of this header. Several values are joined by commas. Fails if there is
# none.
http_header() {
  local one
  local -a values
  value=''
  http_values "$1" || return
  for one in ${values[@]+"${values[@]}"}; do
    value+=", $one"
  done
  value=${value#, }
}

# http_values NAME: Sets `values` to the values of this header, one for each of its lines. Fails if there is none.
http_values() {
  local line key
  values=()
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    if [[ $line == HTTP/* ]]; then
      # The lines before this one belong to an interim answer.
      values=()
      continue
    fi
    key=${line%%:*}
    [[ $line == *:* && ${key,,} == "${1,,}" ]] || continue
    line=${line#*:}
    line=${line#"${line%%[! $'\t']*}"}
    line=${line%"${line##*[! $'\t']}"}
    values+=("$line")
  done <"$scratch/http.head"
  ((${#values[@]}))
}

# http_body: Sets `body` to the part of the body that was read. A NUL, which a variable cannot hold, becomes a blank.
http_body() {
  local piece
  body=''
  while IFS= read -r -d '' piece; do
    body+="$piece "
  done <"$scratch/http.body"
  body+=$piece
}

# ---- http_curl: a request with curl --------------------------------------------------------------

# curl_ask HEADER…: Sends the request of `http_request` with curl. Runs within `bounded`. curl reads the request from
# its standard input, because every user of the host can read a command line.
curl_ask() {
  local config header quoted
  umask 077
  # A body beyond the limit makes the write fail, instead of filling the disk.
  trap '' XFSZ
  ulimit -f $((http_limit / 1024)) 2>/dev/null
  curl_quote "$url"
  config="url = $quoted"
  curl_quote "$scratch/http.body"
  config+=$'\n'"output = $quoted"
  curl_quote "$scratch/http.head"
  config+=$'\n'"dump-header = $quoted"
  config+=$'\nuser-agent = "deployc/'"${runtime%%-*}"'"'
  config+=$'\ngloboff\nhttp1.1\nproto = "=http,https"\nnoproxy = "*"'
  printf -v quoted '%d.%03d' $((http_ms / 1000)) $((http_ms % 1000))
  config+=$'\n'"max-time = $quoted"
  [[ -z $via ]] || config+=$'\n'"connect-to = \"::$via\""
  if [[ -n $ca ]]; then
    curl_quote "$ca"
    config+=$'\n'"cacert = $quoted"
  fi
  case $method in
    head) config+=$'\nhead' ;;
    post)
      printf '%s' "$body" >"$scratch/http.request" || return 23
      curl_quote "@$scratch/http.request"
      config+=$'\nheader = "Content-Type:"\nheader = "Expect:"\n'"data-binary = $quoted"
      ;;
    *) ;;
  esac
  for header; do
    # For curl `Name:` without a value means to remove the header. `Name;` sends it with an empty value.
    [[ ! $header =~ ^[^:]*:[[:blank:]]*$ ]] || header=${header%%:*}\;
    curl_quote "$header"
    config+=$'\n'"header = $quoted"
  done
  curl -q -sS -w '%{http_code} %{time_connect}' --config - <<<"$config"
}

# curl_quote TEXT: Sets `quoted` to TEXT, quoted for curl's configuration.
curl_quote() {
  quoted=${1//\\/\\\\}
  quoted=${quoted//\"/\\\"}
  quoted=${quoted//$'\n'/\\n}
  quoted=\"${quoted//$'\r'/\\r}\"
}

# curl_outcome CODE: Sets the results of `http_request` from curl's exit code and output.
curl_outcome() {
  local connected said
  read -r http_status connected <"$scratch/http.said" || :
  [[ $http_status == [1-5][0-9][0-9] ]] || http_status=''
  [[ $method != head ]] || : >"$scratch/http.body"
  case $1 in
    0)
      [[ -n $http_status ]] && return 0
      http_failure=other
      http_why='the answer is not HTTP'
      ;;
    143) return 143 ;;
    6)
      http_failure=resolve
      http_why="cannot resolve ${via:-$url_host}"
      ;;
    7)
      http_failure=refused
      http_why='connection refused'
      [[ ${via:-$url_host} == 127.* || ${via:-$url_host} == localhost* ]] || http_why='connection refused, or no route to the host'
      ;;
    28 | 124)
      connected=${connected//[0.]/}
      http_timed_out "${http_status:-${connected:+connected}}"
      ;;
    23)
      # The body was too long, or the disk is full.
      if [[ -n $http_status && $(wc -c <"$scratch/http.body") -ge $http_limit ]]; then
        http_cut=yes
        return 0
      fi
      http_failure=other
      http_why="cannot write the answer to $scratch: is the disk full?"
      ;;
    1 | 8)
      http_failure=other
      http_why='the answer is not HTTP'
      ;;
    52)
      http_failure=closed
      http_why='the connection was closed without an answer'
      ;;
    18)
      http_failure=closed
      http_why="status $http_status, but the body was cut short"
      ;;
    55 | 56)
      http_failure=closed
      http_why='the connection was reset'
      ;;
    35 | 51 | 53 | 54 | 58 | 59 | 60 | 64 | 66 | 77 | 80 | 82 | 83 | 90 | 91)
      http_failure=tls
      read -r said <"$scratch/http.errors" || :
      http_why="TLS failed: ${said#curl: (*) }"
      ;;
    *)
      http_failure=other
      read -r said <"$scratch/http.errors" || :
      http_why="curl failed with $1: ${said#curl: (*) }"
      ;;
  esac
  return 1
}

# ---- http_bash: a request with bash alone, for hosts without curl --------------------------------
#
# Uses HTTP/1.0, so that a server neither keeps the connection open nor sends chunks. If a server does so anyway, its
# answer is still understood.

# bash_ask HEADER…: Sends the request of `http_request` and reads the answer. Runs within `bounded`. Prints a line for
# each stage: `connected`, `status N`, `done`, `cut`, or `failed KIND WORDS…`.
bash_ask() {
  local LC_ALL=C tcp_fd tcp_why='' request header line name length='' chunked=no status head='' lines=0
  umask 077
  trap '' PIPE
  tcp_connect "$host" "$port"
  case $? in
    0) printf 'connected\n' ;;
    10) bash_failed refused 'connection refused' ;;
    11) bash_failed resolve "cannot resolve $host" ;;
    12) bash_failed unreachable "no route to $host" ;;
    *) bash_failed other "cannot connect to $host: $tcp_why" ;;
  esac || return
  bash_request "$@"
  printf '%s' "$request" >&"$tcp_fd" || :
  while ((lines++ < 200)); do
    IFS= read -r -n 65536 -u "$tcp_fd" line || [[ -n $line ]] || break
    head+=$line$'\n'
    line=${line%$'\r'}
    if [[ -z ${status-} ]]; then
      [[ $line =~ ^HTTP/[0-9.]+\ ([1-5][0-9][0-9])(\ |$) ]] || {
        bash_failed other 'the answer is not HTTP'
        return
      }
      status=${BASH_REMATCH[1]}
      continue
    fi
    if [[ -z $line ]]; then
      [[ $status == 1* ]] || break
      status=''
      continue
    fi
    name=${line%%:*}
    line=${line#*:}
    line=${line//[[:blank:]]/}
    case ${name,,} in
      content-length) length=$line ;;
      transfer-encoding) [[ ${line,,} != *chunked ]] || chunked=yes ;;
      *) ;;
    esac
  done
  [[ -n ${status-} ]] || {
    bash_failed closed 'the connection was closed without an answer'
    return
  }
  printf '%s' "$head" >"$scratch/http.head"
  printf 'status %s\n' "$status"
  if [[ $method == head || $status == 204 || $status == 304 ]]; then
    printf 'done\n'
  elif [[ $chunked == yes ]]; then
    bash_chunks
  elif [[ $length =~ ^[0-9]+$ ]]; then
    bash_body "$length"
  else
    bash_body ''
  fi
}

# bash_failed KIND WORDS…: Prints the last line of a request that has no complete answer. Fails.
bash_failed() {
  printf 'failed %s\n' "$*"
  return 1
}

# bash_request HEADER…: Sets `request` to the text to send.
bash_request() {
  local header given=$'\n' name default
  for header; do
    name=${header%%:*}
    given+=${name,,}$'\n'
  done
  request="${method^^} $url_path HTTP/1.0"$'\r\n'
  for default in "Host: $url_name" "User-Agent: deployc/${runtime%%-*}" 'Accept: */*' 'Connection: close'; do
    name=${default%%:*}
    [[ $given == *$'\n'"${name,,}"$'\n'* ]] || request+=$default$'\r\n'
  done
  for header; do
    request+=$header$'\r\n'
  done
  if [[ $method == post ]]; then
    request+="Content-Length: ${#body}"$'\r\n\r\n'$body
  else
    request+=$'\r\n'
  fi
}

# bash_body LENGTH: Reads LENGTH bytes of the body. Without LENGTH reads until the connection is closed.
bash_body() {
  local want=$1 size
  # A longer number is too big for the shell. 16 digits are beyond the limit anyway, so the body will be cut.
  ((${#want} < 16)) || want=${want:0:16}
  if [[ -z $want ]] || ((10#$want > http_limit)); then
    head -c "$http_limit" <&"$tcp_fd" >"$scratch/http.body"
    size=$(wc -c <"$scratch/http.body")
    if ((size >= http_limit)); then
      printf 'cut\n'
      return
    fi
  else
    want=$((10#$want))
    head -c "$want" <&"$tcp_fd" >"$scratch/http.body"
    # `${#body}` counts without a process. It is too small only if bytes are missing or if the text contains a NUL. Both
    # are rare.
    IFS= read -r -d '' body <"$scratch/http.body" || :
    size=${#body}
    ((size == want)) || size=$(wc -c <"$scratch/http.body")
  fi
  if [[ -n $want ]] && ((size < want)); then
    bash_failed closed "status $status, but the body was cut short"
    return
  fi
  printf 'done\n'
}

# bash_chunks: Reads a body in chunks. A server should not send chunks to HTTP/1.0, but may.
bash_chunks() {
  local line size text total=0
  while IFS= read -r -n 4096 -u "$tcp_fd" line; do
    line=${line%%[;$'\r']*}
    [[ $line =~ ^[0-9A-Fa-f]{1,8}$ ]] || break
    size=$((16#$line))
    if ((size == 0)); then
      printf 'done\n'
      return
    fi
    if ((total + size > http_limit)); then
      IFS= read -r -N $((http_limit - total)) -u "$tcp_fd" text || :
      printf '%s' "$text" >>"$scratch/http.body"
      printf 'cut\n'
      return
    fi
    IFS= read -r -N "$size" -u "$tcp_fd" text || break
    printf '%s' "$text" >>"$scratch/http.body"
    total=$((total + size))
    IFS= read -r -n 16 -u "$tcp_fd" line || break
  done
  bash_failed closed "status $status, but its body was cut short, or it is binary in chunks, which needs curl"
}

# bash_outcome CODE: Sets the results of `http_request` from the lines that `bash_ask` printed. CODE is the exit code of
# `bounded`.
bash_outcome() {
  local word rest stage=''
  [[ $1 != 143 ]] || return 143
  while read -r word rest; do
    case $word in
      connected) stage=connected ;;
      status) stage=$rest http_status=$rest ;;
      done) return 0 ;;
      cut)
        http_cut=yes
        return 0
        ;;
      failed)
        http_failure=${rest%% *}
        http_why=${rest#* }
        return 1
        ;;
      *) ;;
    esac
  done <"$scratch/http.said"
  if [[ $1 == 124 ]]; then
    http_timed_out "$stage"
  else
    http_failure=other
    read -r rest <"$scratch/http.errors" || :
    http_why="the request failed${rest:+: $rest}"
  fi
  return 1
}

# ---- json: reads one value from a JSON text ------------------------------------------------------

# json_get PATH: Prints the scalar at a path such as `a.b[0].c` in the JSON text on standard input: a string unescaped
# (as UTF-8), a number as written, true, false or null. If a key is there twice, the last one counts. Returns 1 if there
# is nothing at the path, 2 if the text is not JSON, 3 if there is an object or a list.
#
# The text is read in pieces between quotation marks, because some awks are slow with long pieces of text.
json_get() {
  json_path=$1 LC_ALL=C awk '
    function code_unit(digits, at, unit) {
      digits = tolower(digits)
      if (digits !~ /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f]$/) { bad = 1; return 0 }
      for (at = 1; at <= 4; at++) unit = unit * 16 + index("0123456789abcdef", substr(digits, at, 1)) - 1
      return unit
    }
    function utf8(point) {
      if (point == 0 || (point >= 55296 && point < 57344)) point = 65533 # a text cannot hold these code points
      if (point < 128) return sprintf("%c", point)
      if (point < 2048) return sprintf("%c%c", 192 + int(point / 64), 128 + point % 64)
      if (point < 65536)
        return sprintf("%c%c%c", 224 + int(point / 4096), 128 + int(point / 64) % 64, 128 + point % 64)
      return sprintf("%c%c%c%c", 240 + int(point / 262144), 128 + int(point / 4096) % 64,
        128 + int(point / 64) % 64, 128 + point % 64)
    }
    # Adds a piece of a string to `text`, which is a list of parts, because joining the parts of a long string each time
    # would be slow. A piece that ends with a backslash ends before an escaped quotation mark, so this mark is added.
    function unescape(piece, part, parts, at, escape, point, low) {
      gsub(/\\/, "\001", piece)
      parts = split(piece, part, "\001")
      text[++texts] = part[1]
      for (at = 2; at <= parts && !bad; at++) {
        escape = substr(part[at], 1, 1)
        if (escape == "" && at == parts) text[++texts] = "\""
        else if (escape == "") text[++texts] = "\\" part[++at]
        else if (escape in plain) text[++texts] = plain[escape] substr(part[at], 2)
        else if (escape != "u") bad = 1
        else {
          point = code_unit(substr(part[at], 2, 4))
          piece = substr(part[at], 6)
          if (point >= 55296 && point < 56320 && piece == "" && substr(part[at + 1], 1, 1) == "u") {
            low = code_unit(substr(part[at + 1], 2, 4))
            if (low >= 56320 && low < 57344) {
              point = 65536 + (point - 55296) * 1024 + low - 56320
              piece = substr(part[++at], 6)
            }
          }
          text[++texts] = utf8(point) piece
        }
      }
    }
    function joined(at, whole) {
      for (at = 1; at <= texts; at++) whole = whole text[at]
      return whole
    }
    # Is the value that begins here at the path?
    function on_path() {
      if (depth == 0) return 1
      if (!here[depth]) return 0
      if (open[depth] == "[") return is_index[depth] && want[depth] == position[depth]
      return !is_index[depth] && key_fits[depth]
    }
    function begins_value() {
      if (state != "value" && state != "first") { bad = 1; return 0 }
      at_path = on_path()
      if (at_path && depth == length_of_path) found = 1
      return 1
    }
    function ends_value(wanted) {
      state = depth ? "next" : "done"
      if (!wanted) return
      for (values = 0; values < texts; ) { values++; value[values] = text[values] }
    }
    function token(word) {
      if (word == "{" || word == "[") {
        if (!begins_value()) return
        if (at_path && depth == length_of_path) found = 2
        open[++depth] = word
        here[depth] = at_path && depth <= length_of_path
        position[depth] = 0
        state = word == "{" ? "key or }" : "first"
      } else if (word == "}" || word == "]") {
        if (!depth || open[depth] != (word == "}" ? "{" : "[")) { bad = 1; return }
        if (state != "next" && state != (word == "}" ? "key or }" : "first")) { bad = 1; return }
        depth--
        ends_value(0)
      } else if (word == ":") {
        if (state != "colon") { bad = 1; return }
        state = "value"
      } else if (word == ",") {
        if (state != "next") { bad = 1; return }
        position[depth]++
        state = open[depth] == "{" ? "key" : "value"
      } else if (word == "true" || word == "false" || word == "null" ||
        word ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) {
        if (!begins_value()) return
        texts = 1
        text[1] = word
        ends_value(at_path && depth == length_of_path)
      } else bad = 1
    }
    # Reads the text between two strings, 1000 bytes at a time, because some awks are slow with long texts.
    function between(text, size, from, part, rest, word, count, at) {
      size = length(text)
      for (from = 1; from <= size && !bad; from += 1000) {
        part = rest substr(text, from, 1000)
        rest = ""
        if (from + 1000 <= size && match(part, /[^][{},: \t\r\n]+$/)) {
          rest = substr(part, RSTART)
          part = substr(part, 1, RSTART - 1)
          if (length(rest) > 1000) bad = 1 # no number is that long
        }
        gsub(/[][{},:]/, " & ", part)
        count = split(part, word, /[ \t\r\n]+/)
        for (at = 1; at <= count && !bad; at++) if (word[at] != "") token(word[at])
      }
    }
    function begins_string() {
      is_key = state == "key" || state == "key or }"
      # Keep only the value that is asked for, and keys that may lead to it.
      if (is_key) keeping = here[depth] && !is_index[depth]
      else if (begins_value()) keeping = at_path && depth == length_of_path
      texts = 0
    }
    function string_piece(piece) {
      if (piece ~ /[\001-\037]/) { bad = 1; return }
      in_string = 0
      if (substr(piece, length(piece)) == "\\") {
        match(piece, /\\+$/)
        in_string = RLENGTH % 2
      }
      if (keeping) unescape(piece)
      # A key with many more parts than the longest step of the path has letters cannot be in the path.
      if (is_key && texts > 2 * longest + 8) keeping = 0
      if (in_string) return
      if (is_key) {
        key_fits[depth] = keeping && joined() == want[depth]
        state = "colon"
      } else ends_value(keeping)
    }
    BEGIN {
      RS = "\""
      plain["/"] = "/"; plain["b"] = "\b"; plain["f"] = "\f"
      plain["n"] = "\n"; plain["r"] = "\r"; plain["t"] = "\t"
      path = ENVIRON["json_path"]
      gsub(/\[/, ".[", path)
      steps = split(path, step, ".")
      for (at = 1; at <= steps; at++) {
        if (step[at] == "") continue
        want[++length_of_path] = step[at]
        if (step[at] ~ /^\[[0-9]+\]$/) {
          is_index[length_of_path] = 1
          want[length_of_path] = substr(step[at], 2) + 0
        }
        if (length(step[at]) > longest) longest = length(step[at])
      }
      length_of_path += 0
      state = "value"
      mode = "between"
    }
    bad { exit }
    mode == "string begins" { begins_string() }
    mode != "between" { string_piece($0); mode = in_string ? "in string" : "between"; next }
    {
      if (NR == 1) sub(/^\357\273\277/, "")
      between($0)
      mode = "string begins" # if any text follows
    }
    END {
      if (bad || state != "done") exit 2
      if (!found) exit 1
      if (found == 2) exit 3
      for (at = 1; at <= values; at++) printf "%s", value[at]
      print ""
    }'
}

# ---- inputs: a deployment's inputs are read and checked once, and kept with the release ----------

declare -A input=()

# take_inputs: Reads the inputs of a new deployment. Earlier values are forgotten.
take_inputs() {
  empty_inputs
  read_inputs
}

# empty_inputs: Sets every input to an empty text, so that settings with inputs can be read before the inputs are known.
empty_inputs() {
  local name
  input=()
  for name in ${input_names[@]+"${input_names[@]}"}; do
    input[$name]=''
  done
}

# read_input WHERE NAME TYPE [default V] [file PATH] [pattern ERE] [values V…]: Reads one input from the environment,
# else from the file, else from the default, and checks it.
read_input() {
  local where=${1#@} name=$2 type=$3 has_default=no default='' file='' pattern='' value given=no
  local -a values=()
  shift 3
  [[ $where == *:* ]] || where=$source:$where
  while (($#)); do
    case $1 in
      default)
        has_default=yes
        default=$2
        shift 2
        ;;
      file)
        file=$2
        shift 2
        ;;
      pattern)
        pattern=$2
        shift 2
        ;;
      values)
        shift
        values=("$@")
        break
        ;;
    esac
  done
  value=''
  # An empty variable counts as missing, because CI systems pass missing variables in this way.
  if [[ -n ${!name-} ]]; then
    value=${!name}
    given=yes
  elif [[ -n $file ]] && value_in_file "$file" "$name"; then
    given=yes
  elif [[ $has_default == yes ]]; then
    value=$default
    given=yes
  fi
  if [[ $given == no ]]; then
    # The file may come with the artifact.
    [[ $file != "$staging"/* || -e $file ]] || artifact_is_missing=yes
    fail_with "input $name is not given ($where): set it in the environment${file:+ or as $name=… in $file}"
    return
  fi
  input_fits "$type" "$value" "$pattern" ${values[@]+"${values[@]}"} || {
    # A secret is not shown, even if its value is wrong.
    [[ $type == secret ]] && value='***'
    fail_with "input $name ($where) is '$value': expected $expected"
    return
  }
  input[$name]=$value
  [[ $type != secret ]] || hide "$value"
}

# hide SECRET: Masks the secret in all output from now on. Of a secret with several lines, each line of 6 or more
# characters is masked, too.
hide() {
  local line
  hide_text "$1"
  [[ $1 == *$'\n'* ]] || return 0
  while IFS= read -r line; do
    ((${#line} < 6)) || hide_text "$line"
  done <<<"$1"
}

# hide_text TEXT: Adds TEXT to `secret_values`, the longest first. Otherwise, if a secret begins like a shorter one, its
# rest would be shown.
hide_text() {
  local other placed=no
  local -a sorted=()
  for other in ${secret_values[@]+"${secret_values[@]}"}; do
    [[ $other != "$1" ]] || return 0
    if [[ $placed == no ]] && ((${#1} > ${#other})); then
      sorted+=("$1")
      placed=yes
    fi
    sorted+=("$other")
  done
  [[ $placed == yes ]] || sorted+=("$1")
  secret_values=(${sorted[@]+"${sorted[@]}"})
}

# value_in_file FILE NAME: Sets `value` from the file's last line `NAME=value`. The value is the text after `=`, without
# one pair of quotes around it. No part of it is executed.
value_in_file() {
  local line found=1
  [[ -r $1 ]] || return 1
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    line=${line#export }
    if [[ $line == "$2="* ]]; then
      value=${line#*=}
      found=0
    fi
  done <"$1"
  case $value in
    \"*\" | \'*\') value=${value:1:${#value}-2} ;;
  esac
  return "$found"
}

# input_fits TYPE VALUE PATTERN VALUES…: Succeeds if VALUE has this type. Sets `expected` to what the type accepts.
input_fits() {
  local value=$2 pattern=$3 choice
  case $1 in
    string)
      expected='any text'
      ;;
    secret)
      expected="${pattern:+something that matches $pattern}"
      [[ -z $pattern || $value =~ ^($pattern)$ ]]
      ;;
    path)
      expected='an absolute path, such as /etc/app.env'
      [[ $value == /* ]]
      ;;
    url)
      expected='a URL that begins with http:// or https://'
      [[ $value =~ ^https?://[^[:space:]/]+ ]]
      ;;
    int)
      expected='a whole number'
      [[ $value =~ ^-?[0-9]{1,18}$ ]]
      ;;
    port)
      expected='a port from 1 to 65535'
      [[ $value =~ ^[0-9]{1,5}$ ]] && ((10#$value >= 1 && 10#$value <= 65535))
      ;;
    duration)
      expected='a duration such as 500ms, 10s, 5m or 1h'
      [[ $value =~ ^[0-9]+(ms|s|m|h)$ ]]
      ;;
    bool)
      expected='true or false'
      [[ $value == true || $value == false ]]
      ;;
    matching)
      expected="something that matches $pattern"
      [[ $value =~ ^($pattern)$ ]]
      ;;
    one_of)
      shift 3
      expected="one of $*"
      for choice; do
        [[ $value != "$choice" ]] || return 0
      done
      return 1
      ;;
  esac
}

# save_inputs: Saves each input in a file of the candidate that only this user may read. A file can hold any text.
save_inputs() {
  local name
  mkdir -m 700 "$candidate/inputs" || return
  for name in ${input_names[@]+"${input_names[@]}"}; do
    (
      umask 077
      printf '%s' "${input[$name]}" >"$candidate/inputs/$name"
    ) || return
  done
}

# load_inputs RELEASE: Loads the inputs of the release. The environment does not count.
load_inputs() {
  local file name value
  empty_inputs
  for file in "$1"/inputs/*; do
    [[ -f $file ]] || continue
    IFS= read -r -d '' value <"$file" || :
    input[${file##*/}]=$value
  done
  for name in ${secret_names[@]+"${secret_names[@]}"}; do
    hide "${input[$name]}"
  done
}

# ---- state: the files that are kept between two runs ---------------------------------------------
#
# $state/journal      what is under way: phase, from, to, release, …
# $state/runtimes/R   the runtimes that the scripts of releases were built with, by version and hash
# $state/colors/C     the last good release of color C (a symlink)
# $state/live         the release that was switched to last (a symlink); the live color is what the proxy's files say
# $state/previous     the release that served before it (a symlink)
# $state/releases/ID  script, inputs/, slot/, fragment, meta, identity.SERVICE, log.SERVICE
# $state/history      one line for each deployment
# $state/place        the root, the proxy's file and the ports of this application
#
# From this folder only a release's own script is executed.

state=''

# locate_state: Sets `state`. For root it is a folder that other users cannot change. Fails if another user deploys this
# app.
locate_state() {
  local other=/var/lib/deployc/$app
  state=$root/.deployc
  if ((EUID == 0)); then
    other=$state
    state=/var/lib/deployc/$app
  fi
  [[ ! -f $other/owner ]] || {
    fail_with "$app is deployed by $(stat -c %U "$other/owner") on this host (its state is in $other), but this is $(id -un): use the same user for every command"
    exit_code=3
    return 1
  }
}

# open_state: Makes the state folder and checks that it can be trusted.
open_state() {
  local machine
  umask 022
  if [[ -d $state/releases && -d $state/colors && -d $state/log && -d $state/runtimes ]]; then
    :
  else
    state_can_be_made || return
    mkdir -p "$state/releases" "$state/colors" "$state/log" "$state/runtimes" 2>/dev/null || {
      fail_with "cannot write to $state: is the disk full?"
      return
    }
  fi
  resolve_state && state_is_of_this_user || return
  if [[ ! -f $state/owner ]]; then
    read_machine
    write_file "$state/owner" "$EUID $machine" || {
      fail_with "cannot write to $state"
      return
    }
  fi
  state_is_trusted && state_is_of_this_app
}

# state_can_be_made: Fails if the state folder is not there and this user may not make it.
state_can_be_made() {
  local folder=$state
  while [[ ! -e $folder ]]; do
    if [[ -L $folder ]]; then
      fail_with "cannot create $state: $folder is a link that leads nowhere"
      return
    fi
    folder=${folder%/*}
    folder=${folder:-/}
  done
  [[ -d $folder && -w $folder && -x $folder ]] || fail_with "cannot create $state, because $(id -un) may not write $folder: run this as the user who owns it, or create the folder for $(id -un)"
}

# state_is_of_this_user: Fails if another user deploys this app, or if the folder comes from another machine.
state_is_of_this_user() {
  local owner machine
  [[ -f $state/owner ]] || return 0
  { read -r owner <"$state/owner"; } 2>/dev/null || return 0
  read_machine
  if [[ ${owner%% *} != "$EUID" ]]; then
    fail_with "$app is deployed by user number ${owner%% *} on this host, but this is $(id -un) ($EUID): use the same user for every command"
  elif [[ -n $machine && $owner == *' '* && ${owner##* } != "$machine" ]]; then
    fail_with "$state was written on another machine: it was copied or is shared. Remove it to start again on this host"
  fi
}

# read_machine: Sets `machine` to the id of this machine; empty if it has none.
read_machine() {
  machine=''
  read -r machine 2>/dev/null </etc/machine-id || :
}

# resolve_state: Follows the links in the path of the state folder. Fails if this user may not look into it.
resolve_state() {
  local folder
  folder=$(cd -P "$state" 2>/dev/null && pwd) || {
    fail_with "$(id -un) may not look into $state: use the user who deploys $app"
    return
  }
  state=$folder
}

# state_is_readable: For a command that changes nothing: fails if the state folder is of another user or application, or
# cannot be trusted.
state_is_readable() {
  [[ -d $state ]] || return 0
  resolve_state && state_is_of_this_user && state_is_trusted && state_is_of_this_app
}

place='' # what $state/place has to contain; empty if it contains this already

# state_is_of_this_app: Fails if another application of the same name has this state. $state/place has three lines: its
# root, the setting `file` of its proxy's driver, and its ports. An application that has moved still has one of them. Sets
# `place`. Only root has one state for all roots.
state_is_of_this_app() {
  local theirs='' their_file='' their_ports='' ports='' file one same=no
  place=''
  ((EUID == 0)) || return 0
  for one in ${port_of[@]+"${port_of[@]}"}; do
    ports+="${ports:+ }$one"
  done
  file=$(at_first new proxy_file)
  { read -r theirs && read -r their_file && read -r their_ports; } 2>/dev/null <"$state/place" || :
  [[ $theirs != "$root" || $their_file != "$file" || $their_ports != "$ports" ]] || return 0
  if [[ -z $theirs || $theirs == "$root" || (-n $file && $their_file == "$file") ]]; then
    same=yes
  fi
  for one in $their_ports; do
    [[ " $ports " != *" $one "* ]] || same=yes
  done
  if [[ $same == no ]]; then
    exit_code=3
    fail_with "two applications are called $app on this host: one in $theirs (ports ${their_ports:-none}, the proxy's file ${their_file:-unknown}), whose state is in $state, and this one in $root (ports ${ports:-none}, the proxy's file ${file:-unknown}). Give one of them another name in deploy.bg. If it is one application that has moved, keep its ports or the proxy's file for one deployment, or remove $state/place"
    return
  fi
  place=$root$'\n'$file$'\n'$ports
}

# proxy_file: Prints the setting `file` of the switch driver, if it has one.
proxy_file() {
  local driver name
  switch.settings
  for driver in ${switch_chain[@]+"${switch_chain[@]}"}; do
    name=${driver}_file
    if [[ -n ${!name-} ]]; then
      printf '%s\n' "${!name}"
      return
    fi
  done
}

# state_is_trusted: Fails unless the folder is on a local disk and no other user can replace anything in it.
state_is_trusted() {
  local folder kind owner mode seen=0
  local -a folders=()
  kind=$(stat -f -c %T "$state" 2>/dev/null)
  case $kind in
    nfs* | cifs | smb* | afs | ceph | fuse.sshfs)
      fail_with "$state is on a network file system ($kind): locks and renames are not reliable there. Use a local disk"
      return
      ;;
  esac
  folder=$state # `open_state` has resolved its links
  while [[ -n $folder ]]; do
    folders+=("$folder")
    folder=${folder%/*}
  done
  while read -r owner mode folder; do
    seen=$((seen + 1))
    if [[ $owner != 0 && $owner != "$EUID" ]]; then
      fail_with "$folder belongs to user number $owner, who could replace the files of $app in $state: change its owner"
      return
    fi
    # Other users may write to one of these folders only if its sticky bit is set: then they cannot rename files of this
    # user.
    if (((8#$mode & 8#022) && !(8#$mode & 8#1000))); then
      fail_with "others may write $folder (mode $mode) and could replace the files of $app in $state: run \`chmod go-w $folder\`"
      return
    fi
  done < <(stat -c '%u %a %n' "${folders[@]}" 2>/dev/null)
  ((seen == ${#folders[@]})) || fail_with "cannot look at the folders above $state"
}

# sync_path PATH…: Waits until the files are on the disk.
sync_path() {
  sync "$@" 2>/dev/null || sync
}

# sync_tree FOLDER: Waits until everything below the folder is on the disk. This syncs the folder's file system. An
# older `sync` cannot select one and syncs all.
sync_tree() {
  sync -f "$1" 2>/dev/null || sync
}

# copy_synced FROM TO: Copies a file and waits until the copy is on the disk.
copy_synced() {
  cp -- "$1" "$2" && sync_path "$2"
}

# forget_files PATH…: Removes files of the state, also after a request to stop.
forget_files() {
  shield bounded "${deadline["journal"]}" rm -f -- "$@"
}

# write_file PATH TEXT: Writes TEXT completely or not at all, even if the power fails.
write_file() {
  if ! { printf '%s\n' "$2" 2>/dev/null >"$1.new" && sync_path "$1.new" && mv -f "$1.new" "$1" && sync_path "${1%/*}"; }; then
    rm -f "$1.new"
    return 1
  fi
}

# ---- history -----------------------------------------------------------------------------------

# remember RESULT: Adds a line to the history: time, deployment, command, result, from, to, seconds, reason.
remember() {
  local line elapsed masked
  seconds_since "$began"
  mask "${cause//[$'\t\n']/ }"
  printf -v line '%(%Y-%m-%dT%H:%M:%S%z)T\t%s\t%s\t%s\t%s\t%s\t%s\t%s' -1 \
    "$deployment" "$command" "$1" "${from:--}" "${to:--}" "$elapsed" "$masked"
  printf '%s\n' "$line" 2>/dev/null >>"$state/history" || warn "cannot write $state/history"
}

# deploy_went_back: Succeeds if the last command of the history that was not refused was a deployment that went back
# after users had its color for a moment. Sets `value` to its time.
deploy_went_back() {
  local when ran result _
  value=''
  [[ -f $state/history ]] || return 1
  IFS=$'\t' read -r -t 5 when _ ran result _ < <(grep -v $'\trefused\t' "$state/history" | tail -n 1)
  value=$when
  [[ $ran != rollback && $ran != restart && $result == went-back ]]
}

# ---- journal: what is under way, for the next run ------------------------------------------------
#
# phase       idle, preparing, prepared, swapping, switched, returning, adopting or removing; synced to the disk before
#             the first effect that needs it. A removal writes remove_swapping and remove_switched: 0.1.0 does not know
#             `remove`, and would continue as after a deployment. It asks for a person if it does not know the phase
# version     1; journals of 0.1.0 have no version and no `expires_uptime`
# kind        deploy (also for restart), rollback, rollback_to, adopt or remove
# handed      yes: the exclusive services were being moved
# warm        yes: the processes of `to` ran before this command, and keep running whatever its result is
# snapshot    the proxy's generation before the swap
# draining    the generation that must end before a color may be stopped
# expires, expires_uptime
#             until when a prepared color is kept, in seconds: by the wall clock (for 0.1.0), and by the host's uptime
#
# $state/journal.pending is a journal that a rollback or an adoption has saved for later.

declare -A journal=()
journal_keys=(version kind deployment from to release previous snapshot draining handed warm switched expires expires_uptime boot)
boot='' # the id of the host's boot, which a reboot changes

# empty_journal: Sets `journal` to its content when nothing is under way. Every key is there.
empty_journal() {
  local key
  journal=([phase]=idle)
  for key in "${journal_keys[@]}"; do
    journal[$key]=''
  done
  candidate=''
}

# read_journal: Fills `journal`. Without a journal file the phase is `idle`.
read_journal() { read_journal_from "$state/journal"; }

# read_journal_from FILE: The same for FILE. Also sets `candidate` to the journal's release.
read_journal_from() {
  local key value
  empty_journal
  [[ -f $1 ]] || return 0
  while IFS='=' read -r key value; do
    [[ -z $key ]] || journal[$key]=$value
  done <"$1"
  [[ -z ${journal[release]-} ]] || candidate=$state/releases/${journal[release]}
  # 0.1.0 called this phase `preparing`.
  [[ ${journal[phase]}${journal[kind]} != preparingadopt ]] || journal[phase]=adopting
  # `kind` says that it is a removal.
  journal[phase]=${journal[phase]#remove_}
}

# number TEXT DEFAULT: Sets `value` to TEXT if it is a whole number of at most 15 digits, otherwise to DEFAULT. Text
# from a file is used in arithmetic only after this check.
number() {
  value=$2
  [[ ! $1 =~ ^[0-9]{1,15}$ ]] || value=$((10#$1))
}

# begin_journal KIND [WARM]: Fills `journal` for a new run with `from`, `to` and `candidate`. Does not write it.
begin_journal() {
  local release=$candidate
  empty_journal
  candidate=$release
  journal[version]=1 journal[deployment]=$deployment journal[kind]=$1 journal[warm]=${2-}
  journal[from]=$from journal[to]=$to journal[release]=${release##*/} journal[boot]=$boot
}

# write_journal PHASE: Writes `journal` to the disk, with this phase.
write_journal() {
  local key text="phase=$1"
  [[ ${journal[kind]} != remove || $1 == removing ]] || text="phase=remove_$1"
  for key in "${journal_keys[@]}"; do
    text+=$'\n'"$key=${journal[$key]-}"
  done
  bounded "${deadline["journal"]}" write_file "$state/journal" "$text" || {
    ! asked_to_stop || reason="stopped by $interrupted"
    fail_with "cannot write $state/journal: is the disk full?"
    return
  }
  journal[phase]=$1
  to_log "journal: $1"
}

# forget_journal: Removes the journal, because nothing is under way any more.
forget_journal() {
  if ! forget_files "$state/journal" "$state/journal.pending"; then
    fail_with "cannot remove $state/journal"
    return
  fi
  empty_journal
  to_log 'journal: idle'
}

# take_up_journal: Sets the colors, releases and inputs of this process from the journal. If a commit was interrupted
# before it wrote its pointers, writes them.
take_up_journal() {
  # The run that saved this copy ended before it wrote a journal of its own.
  if [[ -f $state/journal.pending && ${journal[kind]} != rollback && ${journal[kind]} != adopt ]]; then
    forget_files "$state/journal.pending"
  fi
  from=${journal[from]} to=${journal[to]} old_release=''
  case ${journal[phase]} in
    idle) return 0 ;;
    switched)
      [[ -z ${journal[previous]} ]] || old_release=$state/releases/${journal[previous]}
      finish_commit || {
        verdict=refuse
        keep_cause
        return 1
      }
      ;;
    *)
      if [[ -n $from ]] && release_of "$from"; then
        old_release=$found_release
      fi
      ;;
  esac
  load_inputs "$candidate"
}

# find_reservation: Sets `reservation`: mine, held (it belongs to another deployment) or over (its time has expired).
# Sets `value` to the seconds that a prepared color is still kept.
find_reservation() {
  local now_s
  reservation=mine
  value=0
  if [[ -n $deployment_given ]]; then
    [[ ${journal[deployment]} == "$deployment_given" ]] || reservation=held
  elif [[ ${journal[phase]} == prepared && $command != switch && $command != abort ]]; then
    reservation=held
  fi
  [[ ${journal[phase]} == prepared ]] || return 0
  if [[ ${journal[boot]} != "$boot" ]]; then
    reservation=over
    return 0
  fi
  if [[ -n ${journal[expires_uptime]} ]]; then
    now
    number "${journal[expires_uptime]}" 0
    value=$((value - now_ms / 1000))
  else
    printf -v now_s '%(%s)T' -1
    number "${journal[expires]}" 0
    value=$((value - now_s))
  fi
  ((value > 0)) || reservation=over
}

# fail_unknown_phase: Fails, because the table `recovery` has no row for the journal's phase.
fail_unknown_phase() {
  fail_with "the journal $state/journal contains the unknown phase '${journal[phase]}': did a newer version of this script write it? Use that version"
}

# refuse_journal: Sets verdict, reason and exit code for a command that the table `recovery` does not allow now.
refuse_journal() {
  verdict=refuse
  case $answer_of in
    usage)
      exit_code=2
      fail_with "nothing is prepared${deployment_given:+ for deployment $deployment_given}: run prepare first"
      ;;
    refuse)
      exit_code=4
      if [[ ${journal[phase]} == prepared ]]; then
        fail_with "deployment ${journal[deployment]} has prepared ${journal[to]} but not switched yet (its reservation ends in ${value}s): switch, or abort it, then try again"
      else
        fail_with "deployment ${journal[deployment]} made ${journal[to]} live, not deployment $deployment_given: nothing was changed"
      fi
      ;;
    *)
      verdict=person
      fail_unknown_phase
      ;;
  esac
  step_name='' step_where=''
  keep_cause
}

# still_unfinished: Sets verdict and reason for a recovery that has not changed the state.
still_unfinished() {
  [[ $verdict == person ]] || verdict=refuse
  case ${journal[phase]} in
    switched)
      read_live
      if [[ $live_state == color && $live == "$to" ]]; then
        fail_with "the previous color ${journal[from]} is still there: see the warning above"
      else
        say_pointed_back
      fi
      ;;
    *) fail_with "what deployment ${journal[deployment]} left of ${journal[to]} is still there: see the warning above" ;;
  esac
  keep_cause
}

# say_pointed_back: Fails with this reason: after the switch somebody has changed where the proxy's file routes to.
say_pointed_back() {
  fail_with "deployment ${journal[deployment]} has switched to $to, but the proxy's file now routes to ${live:-$live_state}: \`adopt $to\` puts $to in force again; \`rollback\` then goes back to ${journal[from]:-the color that served before}"
}

# say_recovery: Prints what an earlier run has left, and what is done about it.
say_recovery() {
  local of="deployment ${journal[deployment]} was interrupted"
  case ${journal[phase]} in
    prepared)
      if [[ $reservation == mine ]]; then
        say "deployment ${journal[deployment]} was prepared before: starting again"
      elif [[ ${journal[boot]} != "$boot" ]]; then
        say "the prepared color ${journal[to]} did not survive a reboot: dropping it"
      else
        say "the reservation of deployment ${journal[deployment]} has expired: dropping it"
      fi
      ;;
    swapping | removing)
      if [[ ${journal[kind]} == remove ]]; then
        say "the removal of $app was interrupted: ${journal[from]:-the app} stays"
        return 0
      fi
      say "$of during its switch from ${journal[from]:-nothing} to ${journal[to]}: repairing it"
      ;;
    switched)
      if [[ ${journal[kind]} == remove ]]; then
        say "the removal of $app was interrupted: removing the rest"
        return 0
      fi
      say "finishing the cleanup of deployment ${journal[deployment]}"
      ;;
    returning) say "$of after it had gone back to ${journal[from]:-nothing}: cleaning up" ;;
    *) say "$of before its switch: cleaning up" ;;
  esac
}

# say_nothing_to_do: Prints that the command's work is done already. Refuses a `switch` if the new color is not live any
# more.
say_nothing_to_do() {
  case $command in
    switch)
      read_live
      if [[ $live_state == color && $live == "$to" ]]; then
        say "deployment ${journal[deployment]} has switched already: $to is live"
      else
        verdict=refuse
        say_pointed_back
        keep_cause
      fi
      ;;
    abort) say 'nothing is prepared: nothing to abort' ;;
    *) say 'nothing is left to clean up' ;;
  esac
}

# take_up_pending: Ends the journal of a command. If a rollback or an `adopt` had saved an earlier journal for later,
# this one is valid again. If the command has reloaded the proxy, the drain of the earlier journal begins anew.
take_up_pending() {
  local draining=${journal[draining]} switched=${journal[switched]}
  if [[ ! -f $state/journal.pending ]]; then
    forget_journal
    return
  fi
  read_journal_from "$state/journal.pending"
  if [[ -n $draining && ${journal[phase]} == switched ]]; then
    journal[draining]=$draining
    journal[switched]=$switched
    journal[boot]=$boot
  fi
  write_journal "${journal[phase]}" || {
    read_journal
    return 1
  }
  forget_files "$state/journal.pending" || fail_with "cannot remove $state/journal.pending"
}

# point_all: Sets the pointers as the journal says.
point_all() {
  if [[ ${journal[kind]} == remove ]]; then
    rm -f "$state/live" "$state/previous"
    return
  fi
  point "colors/${journal[to]}" "$candidate" && point live "$candidate" || return
  [[ -z ${journal[previous]} ]] || point previous "$state/releases/${journal[previous]}" || return
  sync_path "$state" "$state/colors" || return
  has_served "$candidate" "${journal[previous]:+$state/releases/${journal[previous]}}"
}

# finish_commit: Sets the pointers as the journal says. It is safe to repeat.
finish_commit() {
  bounded "${deadline["journal"]}" point_all || {
    fail_with "cannot write to $state: is the disk full?"
    return
  }
  # The journal that an `adopt` has saved for later is still needed.
  [[ ${journal[kind]} != adopt ]] || return 0
  [[ ! -L $state/failed && ! -f $state/journal.pending ]] || forget_files "$state/failed" "$state/journal.pending"
}

# write_switched: Writes the phase `switched`. A signal cannot interrupt the write, because then it would be unclear
# which color the journal is about.
write_switched() {
  if asked_to_stop; then
    fail_with "stopped by $interrupted"
    return
  fi
  shield write_journal switched
}

# read_boot: Sets `boot`.
read_boot() {
  read -r boot </proc/sys/kernel/random/boot_id
}

# ---- release: the script of a release can stop it, even if this script has changed since ---------
#
# The script of a release is called as `SCRIPT _release FOLDER WORD ARG…`. Releases of 0.1.0 have protocol 0: their meta
# file has no `protocol`. They do not know the words `routed`, `verify`, `exclusives` and `ensure`, nor the words that
# make a copy (`places`, `read_inputs`, `renew`).

# of_release RELEASE WORD ARG…: Asks the release's script and sets `answer`. The exit code is the script's. 124: the
# time was over. 125: the script does not answer. 143: interrupted.
of_release() {
  local folder=$1 limit code value name exclusives=''
  shift
  [[ -f $folder/script ]] || {
    : >"$scratch/errors"
    say_broken "$folder"
    return 125
  }
  case $1 in
    stop*) meta limit.stop "$folder" || : ;;
    start*) meta limit.start "$folder" || : ;;
    *) meta "limit.$1" "$folder" || : ;;
  esac
  number "$value" "${deadline["copy"]}"
  limit=$value
  if is_of_this_script "$folder"; then
    bounded "$limit" as_release "$folder" "$@" >"$scratch/answer" 2>"$scratch/errors"
  else
    for name in "${services[@]}"; do
      overlaps "$name" || exclusives+=" $name"
    done
    DEPLOYC_COMMAND=$command DEPLOYC_EXCLUSIVE=$exclusives bounded "$limit" bash "$folder/script" _release "$folder" "$@" >"$scratch/answer" 2>"$scratch/errors"
  fi
  code=$?
  read_answer
  [[ ! -s $scratch/errors ]] || to_log "release ${folder##*/}, $1: $(<"$scratch/errors")"
  case $code in
    124) answer="${folder##*/}: $1 did not finish within $((limit / 1000))s" ;;
    143) answer="${folder##*/}: $1 was interrupted" ;;
    *)
      # An empty or truncated script prints nothing and may exit 0. That is not an answer.
      if [[ $answer != "release ${folder##*/}"* ]]; then
        say_broken "$folder"
        return 125
      fi
      answer=${answer#*"${folder##*/}"}
      answer=${answer#$'\n'}
      ;;
  esac
  return "$code"
}

# say_broken RELEASE: Sets `answer` for a release whose script does not answer: what the script has printed, and what
# leads out.
say_broken() {
  local value said='' programs folder
  folder=$(readlink -f -- "$1")
  [[ ! -s $scratch/errors ]] || said=$(tail -n 1 "$scratch/errors")
  meta ports "$1" || :
  programs=$(bounded "${deadline["journal"]}" owners_of_ports "$value")
  answer="${folder##*/}: its script does not answer${said:+ ($said)}. Put $folder/script back. If nobody has it: switch to another release if this one is live, end its programs by hand (${programs:-none listens on its ports}), remove $folder, then run the command again"
}

# The services that are exclusive for the script that asks. Here they are exclusive, too, even if they overlap in this
# deploy.bg: a rollback must not start a second copy of what may run only once today. A service that the proxy routes to
# is not, because it must run before the swap.
exclusive_for_asker=''

same_script='' # the releases whose script has the same text as this one

# is_of_this_script RELEASE: Succeeds if its script has the same text as this script.
is_of_this_script() {
  local text
  [[ $same_script != *"|$1|"* ]] || return 0
  [[ -n $script_text ]] || IFS= read -r -d '' script_text <"$script" || :
  IFS= read -r -d '' text <"$1/script" || :
  [[ -n $text && $text == "$script_text" ]] || return 1
  same_script+="|$1|"
}

# release_protocol RELEASE: Sets `value` to the protocol of its script, 0 if the meta file has none.
release_protocol() {
  meta protocol "$1" || :
  number "$value" 0
}

# print_all_but_reason: Prints all lines of `answer` but the last. Keeps the last line, which is the reason, in `answer`.
print_all_but_reason() {
  local line told=$answer
  [[ $told == *$'\n'* ]] || return 0
  answer=${told##*$'\n'}
  while IFS= read -r line; do
    say "$line"
  done <<<"${told%$'\n'*}"
}

# as_release RELEASE WORD ARG…: Does what the release's script would do. It is for a script with the same text as this
# one, and saves the start of another bash.
as_release() {
  reason='' cause='' log_format=plain open_line=''
  scratch=$scratch/release
  [[ -d $scratch ]] || mkdir "$scratch" || return
  release_command "$@"
}

# release_command RELEASE WORD ARG…: Answers the question of `of_release`. Runs in the script of the release.
release_command() {
  local value name wanted=${3-} code=0
  journal=([phase]=idle) candidate=$1 from='' old_release=''
  printf 'release %s\n' "${1##*/}"
  state=${1%/releases/*}
  if [[ $2 == renew ]]; then
    renew_release "$@"
    return
  fi
  meta color "$1" || {
    printf 'its meta file contains no color: was it edited by hand?\n'
    return 125
  }
  to=$value
  load_inputs "$1"
  for name in $exclusive_for_asker; do
    [[ -z ${handover_of["$name"]-} || -n ${address_of["$to $name"]-} ]] || handover_of["$name"]=exclusive
  done
  case $2 in
    gate | verify)
      # If the processes of an adopted color are not known, only its answers are checked.
      ! meta adopted "$1" || [[ -f $1/identity.${services[0]} ]] || unmanaged=yes
      "release_$2" "$wanted" || code=1
      printf '%s\n' "$reason"
      return "$code"
      ;;
    routed)
      ask_switch routed
      code=$?
      printf '%s\n' "$answer"
      return "$code"
      ;;
    has_exclusive)
      for name in "${services[@]}"; do
        overlaps "$name" || return 0
      done
      return 1
      ;;
    exclusives)
      for name in "${services[@]}"; do
        overlaps "$name" || printf '%s\n' "$name"
      done
      return 0
      ;;
    ensure) return 0 ;;
    places)
      places_in "$wanted"
      return
      ;;
    read_inputs)
      candidate=$wanted
      take_inputs || {
        printf '%s\n' "$reason"
        return 2
      }
      save_inputs
      return
      ;;
    running) code=1 ;;
  esac
  for name in "${services[@]}"; do
    case $wanted in
      overlap) overlaps "$name" || continue ;;
      exclusive) ! overlaps "$name" || continue ;;
    esac
    at new "$name" release_service "$2" "$wanted" "${4-}"
    code=$?
    if [[ $2 == running ]]; then
      # `running` asks whether any service is alive. Only after a clear no the next service is asked.
      ((code == 1)) || break
      continue
    fi
    ((code == 0)) || break
  done
  printf '%s\n' "$answer"
  return "$code"
}

# places_in COLOR: Prints the ports and addresses of its services in this color. Returns 3 if deploy.bg has no such
# color.
places_in() {
  local ports addresses
  known_color "$1" || {
    printf '%s\n' "its deploy.bg has the colors ${colors[0]} and ${colors[1]}, not $1"
    return 3
  }
  list_places "$1"
  printf '%s\n' "ports $ports" "addresses $addresses"
}

# renew_release RELEASE renew COLOR DEPLOYMENT COPIED: Makes RELEASE, a copy of COPIED, a release of COLOR: writes its
# fragment and its meta file.
renew_release() {
  to=$3 deployment=$4
  known_color "$to" || return
  load_inputs "$1"
  { fragment "$to" >"$candidate/fragment" && sync_path "$candidate/fragment" && write_meta "$5"; } 2>/dev/null || {
    printf '%s\n' "cannot write to $candidate: is the disk full?"
    return 1
  }
}

# release_service WORD WANTED MORE: Does WORD for the current service.
release_service() {
  case $1 in
    running) ask_run alive ;;
    alive | stop)
      local code
      ask_run "$1" && return 0
      code=$?
      ((${#services[@]} == 1)) || answer="$service: $answer"
      return "$code"
      ;;
    clear) ask_run_if_able clear ;;
    persist)
      # persist on|off [overlap|exclusive]
      case $3 in
        overlap) overlaps "$service" || return 0 ;;
        exclusive) ! overlaps "$service" || return 0 ;;
      esac
      ask_run_if_able persist "$2"
      ;;
    start) ask_run start ;;
    start_missing) start_and_offer ;;
    start_service) [[ $service != "$2" ]] || ask_run start ;;
    stop_service) [[ $service != "$2" ]] || ask_run stop ;;
    stop_exclusive) [[ $handover != exclusive ]] || ask_run stop ;;
    start_exclusive) [[ $handover != exclusive ]] || start_missing ;;
    logs)
      ask_run logs "$2" || answer=''
      printf '%s\n' "$answer"
      answer=''
      ;;
    *) return 2 ;;
  esac
}

started='' # yes: `start_missing` has started the service

# start_missing: Starts the current service, unless it runs. If the driver cannot tell whether it runs, fails without a
# start, because the service must not be started twice.
start_missing() {
  started=no
  ask_run alive
  case $? in
    0) return 0 ;;
    1)
      started=yes
      ask_run start
      ;;
    *) return 1 ;;
  esac
}

# start_and_offer: Does the same as `start_missing`. After a start it also saves the driver's offers with the release,
# because another start may have another address.
start_and_offer() {
  start_missing || return
  [[ $started == yes ]] && run_has offers || return 0
  ask_run offers && write_file "$release/offers.$service" "$answer"
}

# release_gate [exclusive]: Asks the gates of the services that overlap. With `exclusive`, asks those of the exclusive
# services.
release_gate() {
  local gate name
  for gate in ${gates[@]+"${gates[@]}"}; do
    name=${gate% *}
    if [[ $1 == exclusive ]]; then
      ! overlaps "$name" || continue
    else
      overlaps "$name" || continue
    fi
    at new "$name" run_gate "gate.$name.${gate#* }" || return
  done
}

# release_verify: Asks each `verify` through the proxy. If a `verify` that only warns fails, prints its reason and
# continues.
release_verify() {
  local name
  for name in ${verifies[@]+"${verifies[@]}"}; do
    at_verify new "$name" run_verify "verify.$name" && continue
    if [[ " ${verifies_that_warn[*]-} " == *" $name "* ]]; then
      say "  $name: $reason"
      reason=''
      continue
    fi
    return 1
  done
}

# ---- its folder ----------------------------------------------------------------------------------

# make_release_folder: Makes the folder with everything but the artifact, and syncs it to the disk. The meta file is
# written last. So a release without a meta file was never started.
make_release_folder() {
  local name
  local -a files=("$candidate/script" "$candidate/fragment")
  for name in ${input_names[@]+"${input_names[@]}"}; do
    files+=("$candidate/inputs/$name")
  done
  keep_runtime && mkdir -p "$candidate/slot" && name_artifact && printf '%s' "$script_text" >"$candidate/script" && fragment "$to" >"$candidate/fragment" && save_inputs \
    && sync_path ${files[@]+"${files[@]}"} "$candidate/inputs" "$candidate" "$state/releases" && write_meta
}

# name_artifact: Saves the artifact's name, which is shown to people. The artifact was found before. An adopted color
# has none.
name_artifact() {
  local name=${matches[0]-}
  [[ -n $name ]] || return 0
  # The content of a folder (`FOLDER/.`) gets the folder's name.
  [[ $name != */. ]] || name=${name%/.}
  printf '%s\n' "${name##*/}" >"$candidate/artifact"
}

# keep_runtime: Keeps the runtime file that this script was built with, because the copies of the script in releases
# need it. A script that was built as a single file has no runtime file.
keep_runtime() {
  local kept=$state/runtimes/$runtime
  [[ -n $runtime_file && ! -f $kept ]] || return 0
  cp -- "$runtime_file" "$kept.new" && [[ $(sha256sum <"$kept.new") == "${runtime##*-} "* ]] && sync_path "$kept.new" && mv -f "$kept.new" "$kept" && sync_path "$state/runtimes"
}

# write_meta [COPIED]: Writes what other scripts must know about this release. COPIED is the release that it is a copy
# of. The compiler has made the limits (`src/plan/release_limits.rs`).
write_meta() {
  local name text created ports addresses routed=''
  for name in "${services[@]}"; do
    [[ -z ${address_of["$to $name"]-} ]] || routed+=" $name"
  done
  list_places "$to"
  printf -v created '%(%Y-%m-%dT%H:%M:%S%z)T' -1
  printf -v text '%s\n' "color=$to" "ports=$ports" "addresses=$addresses" "routed=${routed# }" "deployment=$deployment" "created=$created" \
    "protocol=1" "secrets=${secret_names[*]-}" "limit.stop=${deadline["release_stop"]}" "limit.clear=${deadline["release_stop"]}" \
    "limit.start=${deadline["release_start"]}" "limit.gate=${deadline["release_gate"]}" "limit.verify=${deadline["release_verify"]}"
  [[ ${journal[kind]-} != adopt ]] || text+="adopted=yes"
  [[ -z ${1-} ]] || text+="copied=$1"
  write_file "$candidate/meta" "${text%$'\n'}"
}

# declare_question DECLARATION: Loads a declaration without asking its questions.
declare_question() {
  reset_probe
  "$1"
}

# release_of COLOR: Sets `found_release` to the candidate if it is for this color, otherwise to the color's last good
# release. Skips the candidate of an adoption whose processes belong to an earlier release. Fails if there is no
# release.
release_of() {
  found_release=''
  if [[ -n $candidate && ${journal[to]-} == "$1" && ${journal[kind]-}${journal[warm]-} != adoptyes ]]; then
    found_release=$candidate
  elif [[ -L $state/colors/$1 ]]; then
    release_behind "$state/colors/$1"
    found_release=$behind
  fi
  [[ -n $found_release && -d $found_release ]]
}

behind='' # set by `release_behind`

# release_behind LINK: Sets `behind` to the folder of the release that a pointer leads to. Fails if it leads nowhere. A
# release of this state is found without a process.
release_behind() {
  for behind in "$state"/releases/*; do
    [[ ! $behind -ef $1 ]] || return 0
  done
  behind=$(readlink -f -- "$1")
  [[ -n $behind ]]
}

# point NAME RELEASE: Makes $state/NAME a link to the release, by one rename. The link is on the disk after the caller
# has synced its folder.
point() {
  [[ ! $state/$1 -ef $2 ]] || return 0
  ln -sfn "$2" "$state/.point" && mv -fT "$state/.point" "$state/$1"
}

# previous_release: Sets `found_release` to the release that served before the live one. Fails if there is none.
previous_release() {
  found_release=''
  [[ -L $state/previous ]] && release_behind "$state/previous" || return 1
  found_release=$behind
  [[ -f $found_release/meta ]]
}

# remove_release RELEASE UNTIL: Removes a stopped release that no link leads to. If `now_ms` reaches UNTIL before
# everything is removed, a later run removes the rest.
remove_release() {
  case $1 in
    "$state"/releases/?*) ;;
    *) return 1 ;;
  esac
  [[ -d $1 ]] || return 0
  [[ ! -f $1/meta ]] || of_release "$1" clear || warn "release ${1##*/}: $answer"
  now
  warn_of_files_of_app "$1" $(($2 - now_ms))
  now
  ((now_ms < $2)) || return 0
  bounded $(($2 - now_ms)) rm -rf "$1" || warn "release ${1##*/} could not be removed"
}

# meta KEY RELEASE: Sets `value` to the value of KEY in the release's meta file. Fails if it is not there.
meta() {
  local key rest
  value=''
  [[ -f $2/meta ]] || return 1
  while IFS='=' read -r key rest; do
    if [[ $key == "$1" ]]; then
      value=$rest
      return 0
    fi
  done <"$2/meta"
  return 1
}

# release_time RELEASE: Prints when the release was made.
release_time() {
  local value
  meta created "$1"
  printf '%s' "$value"
}

# save_identity LINE, load_identity: Save and load (into `identity`) the line that identifies the process of the current
# service.
save_identity() {
  write_file "$release/identity.$service" "$1"
}

load_identity() {
  identity=''
  [[ -f $release/identity.$service ]] || return 1
  IFS= read -r identity <"$release/identity.$service"
}

# ---- slot: the release gets its own copy of the staged artifact ----------------------------------

# copy_into_slot PATH: Copies a file, or a folder's content (`FOLDER/.`), into the slot. A user who may change the
# staged files must not be able to change the running ones.
copy_into_slot() {
  if [[ -L $1 ]] && ! may_be_followed "$1"; then
    return 1
  fi
  # The group and other users may not write here. The run driver gives the slot to the app's own user.
  cp -aH -- "$1" "$candidate/slot/" && follow_links "${1%/.}" && chmod -R u+rwX,go-w "$candidate/slot"
}

# may_be_followed LINK: Fails if root must not follow the link. root can read every file. So root follows a link only if
# the link belongs to root or to the owner of its target. Otherwise a file that only root may read would become the
# app's.
may_be_followed() {
  ((EUID != 0)) || [[ $(stat -c %u -- "$1") == @(0|"$(stat -Lc %u -- "$1")") ]] && return 0
  printf '%s\n' "the link $1 leads to $(readlink -f -- "$1"), which belongs to another user than the link: copy it into the artifact" >&2
  return 1
}

# follow_links FOLDER: Replaces links in the slot by a copy of their target, if they lead out of FOLDER, or to a path in
# FOLDER or in the staging folder. The next deployment changes those files. These links stay: relative links inside of
# FOLDER, absolute links to other places, broken links, and links to FOLDER itself or a folder above it.
follow_links() {
  local link to_what within whole
  whole=$(readlink -f -- "$1") || return
  while IFS= read -r -d '' link && IFS= read -r -d '' to_what; do
    within=${link#"$candidate/slot/"}
    case $to_what in
      "$1" | "$1"/* | "$staging" | "$staging"/*) ;;
      /*) continue ;;
      *) leads_out "$within" "$to_what" || continue ;;
    esac
    [[ -e $1/$within && $whole/ != "$(readlink -f -- "$1/$within")"/* ]] || continue
    may_be_followed "$1/$within" || return
    if ! { rm -f -- "$link" && cp -aL -- "$1/$within" "$link"; }; then
      printf '%s\n' "the link $within in the artifact leads to $to_what, which cannot be copied" >&2
      return 1
    fi
  done < <(links_in "$candidate/slot")
}

# links_in FOLDER: Prints each link and its target, with a NUL after both. BusyBox `find` has no -printf.
links_in() {
  find "$1" -type l -printf '%p\0%l\0' 2>/dev/null || find "$1" -type l -exec bash -c 'for link; do printf "%s\0%s\0" "$link" "$(readlink -- "$link")"; done' links {} +
}

# leads_out LINK TARGET: Succeeds if the relative TARGET leads out of the folder from which the path LINK is given. Only
# the words of the paths count, because a folder on the way may be a link, too.
leads_out() {
  local rest=$1 part depth=0
  while [[ $rest == */* ]]; do
    rest=${rest#*/} depth=$((depth + 1))
  done
  rest=$2/
  while [[ -n $rest ]]; do
    part=${rest%%/*} rest=${rest#*/}
    case $part in
      '' | .) ;;
      ..)
        ((depth > 0)) || return 0
        depth=$((depth - 1))
        ;;
      *) depth=$((depth + 1)) ;;
    esac
  done
  return 1
}

# note_slot: Saves the list of the release's files. With this list, files that the app writes are seen before they are
# removed.
note_slot() {
  (cd "$candidate/slot" && find . ! -type d -print) >"$candidate/files"
}

# warn_of_files_of_app RELEASE MILLISECONDS: Warns about files that the app has written into the slot, because they are
# removed with the release. The search takes at most MILLISECONDS.
warn_of_files_of_app() {
  local name count=0 shown=''
  [[ -f $1/files && -d $1/slot ]] || return 0
  bounded "$2" list_additions "$1" >"$scratch/answer" 2>/dev/null || return 0
  while IFS= read -r name; do
    count=$((count + 1))
    ((count > 3)) || shown+="${shown:+, }${name#./}"
  done <"$scratch/answer"
  shown=${shown//[[:cntrl:]]/ }
  ((count == 0)) || warn "release ${1##*/} is removed, and with it $count files that its app wrote into its slot: $shown$( ((count <= 3)) || printf ', …'); files that must be kept belong outside of {slot}"
}

# list_additions RELEASE: Prints the files in the slot that the release did not bring.
list_additions() {
  cd "$1/slot" && find . ! -type d -print | awk 'known { brought[$0] = 1; next } !($0 in brought)' known=1 "$1/files" known=0 -
}

# ---- account: the environment that programs get, whoever calls the script --------------------------

# The PATH that every program gets, whether the script is called by hand, from CI or at boot.
fixed_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# find_account USER: Sets `account` to the user's line of passwd. USER is a name or a number. Fails if there is no such
# user.
find_account() {
  local user password uid rest
  # Most users are in /etc/passwd, and reading it starts no process. `getent` also finds the users of a directory
  # service.
  while IFS=: read -r user password uid rest; do
    account=$user:$password:$uid:$rest
    [[ $user != "$1" && $uid != "$1" ]] || return 0
  done 2>/dev/null </etc/passwd
  account=$(getent passwd "$1" 2>/dev/null)
  # In a container this user may have no name.
  [[ -n $account || $1 != "$EUID" ]] || account=$EUID:x:$EUID:$EUID::/:/bin/sh
  if [[ -z $account ]]; then
    printf '%s\n' "there is no user $1 on this host: create it, or correct \`user\` in deploy.bg"
    return 1
  fi
}

# fixed_environment: Sets `environment` to the variables that a program of `account` gets: of the script's caller it gets
# none.
fixed_environment() {
  local name user home shell _
  IFS=: read -r user _ _ _ _ home shell <<<"$account"
  environment=("PATH=$fixed_path" "HOME=$home" "USER=$user" "LOGNAME=$user" "SHELL=${shell:-/bin/sh}" LANG=C.UTF-8)
  for name in ${input_names[@]+"${input_names[@]}"}; do
    environment+=("$name=${input[$name]}")
  done
  [[ -z $port ]] || environment+=("PORT=$port")
  environment+=("COLOR=$color" "DEPLOY_COLOR=$color")
}

# find_program PROGRAM: Fails unless a program without a `/` in its name is in the PATH of `environment`. The caller's
# PATH does not count, because `resume` has another one at the next boot.
find_program() {
  local path entry here
  [[ $1 != */* ]] || return 0
  for entry in "${environment[@]}"; do
    [[ $entry != PATH=* ]] || path=${entry#PATH=}
  done
  ! PATH=$path type -P -- "$1" >/dev/null || return 0
  here=$(type -P -- "$1")
  printf '%s\n' "$1 is not in the PATH that programs get ($path): name it by its absolute path${here:+ (here $here)}, or set env { PATH = \"…\" }"
  return 1
}

# ---- lock: one command at a time -----------------------------------------------------------------
#
# This script and every command that it starts hold the mutex on descriptor 9. If the script is killed while a command
# of it still runs, for example a migration, the next run has to wait. A program that is to outlive the run closes the
# descriptor.

# enter_mutex: Takes the mutex. Waits for it as long as `lock { wait }` says, without that setting not at all.
enter_mutex() {
  local until stat_state stat_parent stat_session stat_start
  # A user's step that calls this script would wait for itself.
  if [[ ${DEPLOYC_ACTIVE-} == "$app" ]]; then
    fail_with "called from a step of a deployment of $app that is still running: a step cannot deploy its own app"
    exit_code=2
    return 1
  fi
  # The other programs are asked for by `check_host`. Without this one, every try would look like a lock that is held.
  tool_is_here flock || {
    exit_code=3
    return 1
  }
  # Any user who may open the file could hold the lock, so only this user may open it.
  [[ -f $state/lock ]] || (umask 077 && : >>"$state/lock")
  exec 9>>"$state/lock" || {
    fail_with "cannot open $state/lock"
    exit_code=3
    return 1
  }
  now
  until=$((now_ms + lock_wait))
  # A rollback asks a cleanup to end, and waits for that.
  ! may_preempt || until=$((now_ms + deadline["preempt"]))
  until_locked 9 "$until" || {
    ! preempted || forget_files "$state/preempt"
    [[ -z $interrupted ]] || {
      fail_with "stopped by $interrupted while it waited for the lock"
      return
    }
    exit_code=4
    holder_of_mutex
    fail_with "$holder"
    return 1
  }
  ! preempted || forget_files "$state/preempt"
  # If `remove` ended while this run waited, the lock file is gone. This run then holds a lock that no other run can
  # see.
  [[ /proc/self/fd/9 -ef $state/lock ]] || {
    exit_code=4
    fail_with "$app was removed from this host just now: run the command again"
    return
  }
  pid_stat $$
  printf '%s %s %s %s\n' "$$" "$stat_start" "$command" "$deployment" >"$state/holder"
}

# until_locked DESCRIPTOR MILLISECONDS: Tries to take the lock until `now_ms` is MILLISECONDS, but at least once.
until_locked() {
  local said=no
  while ! bounded "${deadline["journal"]}" flock -n "$1"; do
    now
    if ((now_ms >= $2)); then
      # The commands of a killed script mostly end within moments, so they get the time `leftovers` in addition.
      [[ $1 == 9 ]] && holder_is_gone && ((now_ms < $2 + deadline["leftovers"])) || return 1
    fi
    if [[ $1 == 9 ]] && may_preempt; then
      printf '%s\n' "$$" >"$state/preempt"
    elif [[ $said == no ]]; then
      said=yes
      holder_of_mutex
      say "waiting: $holder"
    fi
    pause 100 || return 1
  done
}

# holder_is_gone: Succeeds if the script that took the mutex does not run any more, for example because it was killed.
holder_is_gone() {
  local pid started _
  { read -r pid started _ <"$state/holder"; } 2>/dev/null || return 1
  ! pid_is "$pid" "$started"
}

# holder_of_mutex: Sets `holder`, a sentence that names the holder of the mutex.
holder_of_mutex() {
  local pid started running deployed left
  holder='another command is running'
  [[ -f $state/holder ]] || return 0
  read -r pid started running deployed <"$state/holder" || return 0
  if pid_is "$pid" "$started"; then
    holder="$running of deployment $deployed is running (process $pid)"
  else
    what_is_left
    holder="$running of deployment $deployed has ended (process $pid), but a command that it started is still running${left:+: $left}; the lock is free when that ends"
  fi
}

# what_is_left: Sets `left` to the processes that hold the mutex and are not this app's script, such as `sleep 30`
# (process 17).
what_is_left() {
  local pid command
  local -a holders
  left=''
  find_holders
  for pid in ${holders[@]+"${holders[@]}"}; do
    command=$(pid_command "$pid")
    [[ $command == *"${script##*/} "* ]] || left+="${left:+, }\`$command\` (process $pid)"
  done
}

# find_holders: Sets `holders` to the other processes that have the mutex open: they hold it or wait for it. This
# function does not try to take the lock, because that could make a deployment fail. It does not read /proc/locks,
# because that file hides locks in containers and names inodes of any disk.
find_holders() {
  local folder
  holders=()
  for folder in /proc/[0-9]*; do
    [[ ! $folder/fd/9 -ef $state/lock || ${folder##*/} == "$$" ]] || holders+=("${folder##*/}")
  done
}

# mutex_is_held: Succeeds if another process has the mutex.
mutex_is_held() {
  local -a holders
  find_holders
  ((${#holders[@]}))
}

# may_preempt: Succeeds if this command is a rollback, and the journal says that only the cleanup of a deployment is
# left.
may_preempt() {
  local phase=''
  [[ $planned == rollback ]] && read -r phase 2>/dev/null <"$state/journal" && [[ $phase == phase=switched ]]
}

# preempted: Succeeds if a rollback has asked the drain to end.
preempted() {
  [[ -f $state/preempt ]]
}

proxy_is_locked=no # yes: this process holds the proxy's lock, on descriptor 8

# enter_proxy_mutex: Takes the proxy's lock. From the swap to the confirmation no other app of deployc may reload the
# same proxy. A process that has the lock keeps it.
#
# A way back that does not get the lock goes on without it, because users may have a color that fails. Any local user can
# hold the lock, so the wait is short then.
enter_proxy_mutex() {
  local wait=${deadline["proxy_lock"]}
  [[ $proxy_is_locked == no ]] || return 0
  [[ $shielded == no ]] || ((wait <= 10000)) || wait=10000
  take_proxy_lock "$wait" && return 0
  [[ $shielded == yes ]] || return
  warn "going back without the proxy's lock: $reason"
  reason=''
}

# take_proxy_lock MS: Takes the lock, or fails after MS milliseconds.
take_proxy_lock() {
  local until
  ask_switch mutex || {
    fail_with "cannot tell which proxy this is: $answer"
    return
  }
  { exec 8<"$answer"; } 2>/dev/null || {
    fail_with "$(id -un) may not open $answer, the lock that the apps of one proxy share"
    return
  }
  now
  until=$((now_ms + $1))
  until_locked 8 "$until" || {
    fail_with "another process did not release the proxy's lock ($answer) within $(($1 / 1000))s$(bounded "${deadline["journal"]}" holders_of_proxy_lock): if it is no deployment, end it"
    return
  }
  proxy_is_locked=yes
}

# holders_of_proxy_lock: Prints the processes that hold the lock, as far as this user may see them.
holders_of_proxy_lock() {
  local info pid named=''
  while IFS= read -r info; do
    pid=${info#/proc/} pid=${pid%%/*}
    [[ /proc/$pid/fd/${info##*/} -ef $answer ]] || continue
    named+="${named:+, }\`$(pid_command "$pid")\` (process $pid, user $(stat -c %U "/proc/$pid" 2>/dev/null))"
  done < <(grep -rls FLOCK /proc/[0-9]*/fdinfo 2>/dev/null)
  printf '%s' "${named:+: $named}"
}

# leave_proxy_mutex: Releases the proxy's lock.
leave_proxy_mutex() {
  exec 8<&-
  proxy_is_locked=no
}

# ---- live: which color the proxy's files route to; read again each time it matters ---------------

live_state=unknown # color, none, mixed, edited (the file is not as a script of ours writes it) or unknown
live=''            # the live color
live_release=''    # its release; empty if the script did not start it
live_guess=''      # for `edited`: the color that the file seems to route to
live_why=''        # for `edited` and `unknown`: the reason

# read_live: Fills these variables from the answer of the switch driver.
read_live() {
  local words
  live='' live_release='' live_guess='' live_why=''
  if ! ask_switch routed; then
    live_state=unknown
    live_why=$answer
    return 0
  fi
  read -r live_state words <<<"$answer"
  case $live_state in
    color)
      read -r live live_release <<<"$words"
      [[ $live_release != - ]] || live_release=''
      ;;
    none | mixed) ;;
    edited) read -r live_guess live_why <<<"$words" ;;
    *)
      live_why=${words:-"the answer of ${switch_chain[0]} could not be saved: is the disk with $state full?"}
      live_state=unknown
      ;;
  esac
}

# know_live: Does the same as `read_live`, but fails unless it is certain which color is live, or that none is live.
know_live() {
  read_live
  live_is_known
}

# live_is_known: Does the check of `know_live` for what `read_live` has found.
live_is_known() {
  case $live_state in
    color)
      agrees_with_confirmed "$live"
      return
      ;;
    none) return 0 ;;
    mixed) fail_with "the proxy's files route to both colors: $(way_out_by_file)" ;;
    *) fail_with "cannot tell which color is live: $live_why" ;;
  esac
  return 1
}

# way_out_by_file: Prints how a person brings back a file that a script of ours has written. `adopt COLOR` needs a color
# that runs, and a proxy whose configuration is valid.
way_out_by_file() {
  if confirmed_fragment; then
    printf '%s\n' "$confirmed was confirmed last: run \`adopt $confirmed\`, or put its fragment back ($confirmed_file) and reload the proxy; then try again"
  else
    printf '%s\n' "put the built fragment of ${colors[0]} or ${colors[1]} there and reload the proxy, then try again"
  fi
}

# confirmed_fragment: Sets `confirmed` to the color that was confirmed last, and `confirmed_file` to the fragment that
# was in force then. Fails if there is none.
confirmed_fragment() {
  local value release
  [[ -L $state/live ]] && release_behind "$state/live" && release=$behind && [[ -f $release/fragment ]] && meta color "$release" || return
  confirmed=$value confirmed_file=$release/fragment
}

# agrees_with_confirmed COLOR: Fails if the files route to COLOR, but another color was confirmed last and still runs.
# Then somebody has put a file back, perhaps without a reload, and users may get either color. If the confirmed color
# does not run, for example after a boot, it serves no users, and the file decides.
agrees_with_confirmed() {
  local value release way="\`adopt COLOR\` probes a color and puts it in force"
  confirmed_is_another "$1" || return 0
  release=$behind
  # Another file of the proxy may route to that release.
  if may_route_to_itself "$release" || is_named_elsewhere "$release"; then
    way="$answer. Put $value's fragment back ($release/fragment) and reload the proxy"
  fi
  meta color "$release"
  fail_with "the proxy's file routes to $1, but $value was confirmed last, still runs and may still serve the users: $way"
}

# confirmed_is_another COLOR: Succeeds if another color than COLOR was confirmed last and still runs. Sets `value` to it,
# and `behind` to its release.
confirmed_is_another() {
  [[ -L $state/live ]] && release_behind "$state/live" && meta color "$behind" && [[ $value != "$1" ]] && confirmed_runs
}

# confirmed_runs: Succeeds if a part of the release that was confirmed last runs, or if this cannot be found out.
confirmed_runs() {
  release_behind "$state/live" || :
  of_release "$behind" running
  (($? != 1))
}

# nobody_runs_live: Succeeds if a person has put the proxy's file there for a first deployment: its color has no release
# here, and no process listens on the color's ports. The rest of the file does not matter, because the way back writes
# the file again, byte for byte.
nobody_runs_live() {
  local routed=${live:-$live_guess}
  [[ -n $routed && -z $live_release && ! -L $state/live && ! -L $state/colors/$routed ]] && known_color "$routed" && ! answers_somewhere "$routed"
}

# last_live_is COLOR: Succeeds if the release that was switched to last belongs to this color.
last_live_is() {
  local value
  [[ -L $state/live ]] && meta color "$state/live" && [[ $value == "$1" ]]
}

# shares_port COLOR PORTS: Succeeds if a service of COLOR has one of these ports.
shares_port() {
  local name taken
  for name in "${services[@]}"; do
    for taken in $2; do
      [[ ${port_of["$1 $name"]-} != "$taken" ]] || return 0
    done
  done
  return 1
}

# is_untouchable RELEASE: Succeeds if the release is live or may be live. While a swap is not confirmed, this is every
# release.
is_untouchable() {
  local value
  [[ ${journal[phase]} != swapping ]] || return 0
  read_live
  # This is a first deployment: nothing serves yet, whatever the file contains. But the proxy may load the file at any
  # time, so the color in the file must not be stopped.
  if nobody_runs_live; then
    meta color "$1" && [[ $value == "${live:-$live_guess}" ]]
    return
  fi
  case $live_state in
    # Without a fragment the proxy may still serve the configuration that it loaded last.
    none) [[ $state/live -ef $1 ]] ;;
    color)
      [[ ! $live_release -ef $1 ]] || return 0
      # The release that was confirmed last may still be in force.
      [[ ! $state/live -ef $1 ]] || ! confirmed_runs || return 0
      [[ -z $live_release ]] && meta color "$1" && [[ $value == "$live" ]]
      ;;
    *) return 0 ;;
  esac
}

# may_route_to_itself RELEASE: Asks the release's own script whether the proxy routes to it, because that script may
# write another file of the proxy than this one. Succeeds unless the script gives a clear no. Fails without a question
# if it is the same script as this one, or of protocol 0. Sets `answer`.
may_route_to_itself() {
  local value code
  ! is_of_this_script "$1" && release_protocol "$1" && ((value >= 1)) || return 1
  of_release "$1" routed
  code=$?
  case $code:$answer in
    "0:color "*" $1") answer='its own script says that the proxy routes to it' ;;
    '0:none' | '0:color '*) return 1 ;;
    *) answer="its own script cannot tell whether the proxy routes to it: ${answer:-no answer}" ;;
  esac
}

# is_named_elsewhere RELEASE: For a release of protocol 0, whose script cannot be asked about its own file. Succeeds
# if another file that the proxy loads contains one of its addresses, or if this cannot be found out. Sets `answer`.
is_named_elsewhere() {
  local value
  local -a places=()
  release_protocol "$1"
  ((value == 0)) && switch_has holds && meta addresses "$1" || return 1
  read -r -a places <<<"$value"
  ((${#places[@]})) || return 1
  ask_switch holds ${places[@]+"${places[@]}"}
  (($? != 1))
}

# stop_release RELEASE: Stops all services of a release, unless it is live or may be live. No other function stops a
# whole color.
stop_release() {
  if is_untouchable "$1"; then
    answer="the proxy routes to it or may route to it, so it is not stopped${live_why:+ ($live_why)}"
    return 1
  fi
  if may_route_to_itself "$1"; then
    answer+=', so it is not stopped'
    return 1
  fi
  if is_named_elsewhere "$1"; then
    answer="$answer, so it is not stopped"
    return 1
  fi
  of_release "$1" stop
}

# ---- fragment: for proxies where one file decides which color is live ----------------------------
#
# The candidate is a dotfile beside the real file, .NAME.deployc-new, which no include pattern of a proxy matches. There
# is no backup file: the way back writes the text that is kept with the previous color's release.

# fragment_paths FILE: Sets fragment_file (with links resolved), fragment_folder, fragment_new and fragment_sudo.
# fragment_sudo is sudo if this user may not write the folder. In a folder that this user may not search, a link cannot
# be recognised, so FILE is resolved there, too.
fragment_paths() {
  local folder name
  fragment_file=$1
  if [[ -L $1 || ! -d ${1%/*} || ! -x ${1%/*} ]]; then
    fragment_file=$(readlink -f -- "$1" 2>/dev/null || ${sudo[@]+"${sudo[@]}"} readlink -f -- "$1" 2>/dev/null)
  fi
  if [[ -z $fragment_file ]]; then
    printf '%s\n' "the folder of $1 does not exist (or $(id -un) may not look into it): create it"
    return 1
  fi
  folder=${fragment_file%/*}
  name=${fragment_file##*/}
  fragment_folder=${folder:-/}
  fragment_new=$folder/.$name.deployc-new
  fragment_sudo=()
  [[ -w $fragment_folder ]] || fragment_sudo=(${sudo[@]+"${sudo[@]}"})
}

# as_fragment_owner COMMAND…: Runs the command, with sudo if this user may not write the folder.
as_fragment_owner() {
  ${fragment_sudo[@]+"${fragment_sudo[@]}"} "$@"
}

# fragment_writable FILE: Fails and prints the cure if neither this user nor sudo may write the folder.
fragment_writable() {
  local fragment_file fragment_folder fragment_new
  local -a fragment_sudo
  fragment_paths "$1" || return
  if [[ -w $fragment_folder ]]; then
    return 0
  elif ((${#fragment_sudo[@]} == 0)); then
    printf '%s\n' "$(id -un) may not write $fragment_folder: run this as root, or give the folder to $(id -un), or write \`sudo\` in deploy.bg"
  elif ! as_fragment_owner test -w "$fragment_folder" 2>/dev/null; then
    printf '%s\n' "$(id -un) may not write $fragment_folder, and sudo -n does not help: give the folder to $(id -un), or add this line to sudoers: $(fragment_sudoers)"
  else
    return 0
  fi
  return 1
}

# fragment_sudoers: Prints the line for sudoers, for a folder that belongs to root.
fragment_sudoers() {
  local tool commands=''
  for tool in cat chcon cp mv readlink rm sync tee test touch; do
    type -P "$tool" >/dev/null || continue
    commands+=", $(type -P "$tool")"
  done
  printf '%s ALL=(root) NOPASSWD: %s\n' "$(id -un)" "${commands#, }"
}

# fragment_routed FILE: Prints the answer of a driver's `routed`. It compares the file first with the fragments of
# releases, because deploy.bg may have changed since.
fragment_routed() {
  local fragment_file fragment_folder fragment_new name value link text live_text first=$candidate
  local -a fragment_sudo
  fragment_paths "$1" || return
  # The processes of an adopted color may belong to an earlier release, as in `release_of`.
  [[ ${journal[kind]-}${journal[warm]-} != adoptyes ]] || first=''
  if ! as_fragment_owner test -e "$fragment_file"; then
    # Without the right to look into the folder, it is unknown whether the file exists.
    if as_fragment_owner test -x "$fragment_folder" && as_fragment_owner test ! -e "$fragment_file"; then
      printf 'none\n'
    else
      printf 'unknown %s\n' "$(id -un) may not read $fragment_file"
    fi
    return 0
  fi
  if fragment_text "$fragment_file"; then
    live_text=$text
    for link in ${first:+"$first"} "$state"/colors/*; do
      if [[ -f $link/fragment ]] && fragment_text "$link/fragment" && [[ $text == "$live_text" ]] && meta color "$link"; then
        release_behind "$link" || continue
        printf 'color %s %s\n' "$value" "$behind"
        return 0
      fi
    done
    for name in "${colors[@]}"; do
      IFS= read -r -d '' text < <(fragment "$name")
      if [[ $text == "$live_text" ]]; then
        printf 'color %s -\n' "$name"
        return 0
      fi
    done
  fi
  fragment_guess
}

# fragment_text FILE: Sets `text` to the file's content. Fails if it cannot be read, or if it contains a NUL, which no
# fragment of a script has.
fragment_text() {
  text=''
  if [[ -r $1 ]]; then
    if IFS= read -r -d '' text <"$1"; then return 1; fi
  else
    if IFS= read -r -d '' text < <(as_fragment_owner cat "$1" 2>/dev/null) || [[ -z $text ]]; then return 1; fi
  fi
}

# fragment_guess: Prints the color to which an edited file seems to route, by the addresses in it. Comments do not
# count.
fragment_guess() {
  local text name one rest other
  local -a addresses routes=()
  text=$(as_fragment_owner cat "$fragment_file" 2>/dev/null | sed 's/^[[:space:]]*#.*//') || {
    printf 'unknown %s\n' "$fragment_file cannot be read"
    return 0
  }
  for name in "${colors[@]}"; do
    find_addresses "$name" || :
    for one in ${addresses[@]+"${addresses[@]}"}; do
      for other in "$one" "${one/#127.0.0.1:/localhost:}" "${one/#127.0.0.1:/[::1]:}"; do
        rest=$text
        while [[ -n $other && $rest == *"$other"* ]]; do
          rest=${rest#*"$other"}
          # 127.0.0.1:80810 does not contain the address 127.0.0.1:8081.
          if [[ $rest != [0-9]* ]]; then
            routes+=("$name")
            break 3
          fi
        done
      done
    done
  done
  case ${#routes[@]} in
    0) printf 'unknown %s\n' "$fragment_file was not written by this script (was it edited by hand?) and routes to neither ${colors[0]} nor ${colors[1]}: $(way_out_by_file)" ;;
    1) printf 'edited %s %s\n' "${routes[0]}" "$fragment_file was not written by this script: was it edited by hand? It seems to route to ${routes[0]}; \`adopt\` writes it again for ${routes[0]}" ;;
    *) printf 'mixed\n' ;;
  esac
}

# find_addresses COLOR: Sets `addresses` to those of the color's release, because deploy.bg may have changed since.
# Without a release to those of deploy.bg. Fails if neither knows the color.
find_addresses() {
  local name value found_release
  addresses=()
  if release_of "$1" && meta addresses "$found_release"; then
    read -r -a addresses <<<"$value"
    return 0
  fi
  known_color "$1" || return
  for name in "${services[@]}"; do
    [[ -z ${address_of["$1 $name"]-} ]] || addresses+=("${address_of["$1 $name"]}")
  done
}

# fragment_write FILE CONTENT: Writes a candidate with the text of the file CONTENT. It gets the mode, the owner and the
# SELinux context of FILE.
fragment_write() {
  local fragment_file fragment_folder fragment_new said
  local -a fragment_sudo
  fragment_paths "$1" || return
  if said=$(fragment_make_candidate "$2" 2>&1); then
    return 0
  fi
  as_fragment_owner rm -f "$fragment_new" 2>/dev/null
  said=${said//$'\n'/; }
  printf '%s\n' "cannot write $fragment_new${said:+: $said}"
  return 1
}

fragment_make_candidate() {
  local text wanted
  if as_fragment_owner test -e "$fragment_new" || as_fragment_owner test -L "$fragment_new"; then
    as_fragment_owner rm -f "$fragment_new" || return
  fi
  if ! as_fragment_owner test ! -e "$fragment_file"; then
    as_fragment_owner cp -p "$fragment_file" "$fragment_new" || return
    if [[ -e /sys/fs/selinux/enforce ]] && command -v chcon >/dev/null; then
      as_fragment_owner chcon --reference="$fragment_file" "$fragment_new" || return
    fi
  else
    (umask 022 && as_fragment_owner touch "$fragment_new") || return
  fi
  fragment_text "$1" || return
  wanted=$text
  # The copied mode may forbid writing, but not to root or sudo. `cp -p` has kept the owner.
  if ((${#fragment_sudo[@]})); then
    as_fragment_owner tee "$fragment_new" <"$1" >/dev/null || return
  else
    printf '%s' "$wanted" >"$fragment_new" || return
  fi
  if ! fragment_text "$fragment_new" || [[ $text != "$wanted" ]]; then
    printf 'the file does not contain what was written: is the disk full?\n'
    return 1
  fi
  fragment_sync "$fragment_new"
}

# fragment_swap FILE: Makes the candidate the real file, by one rename.
fragment_swap() {
  local fragment_file fragment_folder fragment_new said
  local -a fragment_sudo
  fragment_paths "$1" || return
  if said=$(fragment_put_in_place 2>&1); then
    return 0
  fi
  said=${said//$'\n'/; }
  printf '%s\n' "cannot put $fragment_file in place${said:+: $said}"
  return 1
}

fragment_put_in_place() {
  as_fragment_owner test -f "$fragment_new" || {
    printf '%s\n' "$fragment_new does not exist"
    return 1
  }
  as_fragment_owner mv -f "$fragment_new" "$fragment_file" && fragment_sync "$fragment_folder"
}

# fragment_remove FILE: Removes the real file and the candidate, as before the first deployment. Succeeds if there is
# none.
fragment_remove() {
  local fragment_file fragment_folder fragment_new said
  local -a fragment_sudo
  fragment_paths "$1" || return
  if said=$(as_fragment_owner rm -f "$fragment_new" "$fragment_file" 2>&1 && fragment_sync "$fragment_folder" 2>&1); then
    return 0
  fi
  printf '%s\n' "cannot remove $fragment_file: ${said//$'\n'/; }"
  return 1
}

# fragment_read FILE: Prints the file's content.
fragment_read() {
  local fragment_file fragment_folder fragment_new
  local -a fragment_sudo
  fragment_paths "$1" && as_fragment_owner cat "$fragment_file"
}

# fragment_sync PATH: Waits until the file is on the disk. An older `sync` takes no path and syncs all.
fragment_sync() {
  as_fragment_owner sync "$1" 2>/dev/null || sync
}

# ---- generation: proxies whose old workers finish their requests after a reload ------------------
#
# A generation is one line: PID:START of the master, then PID:START of each worker.

# generation_children MASTER: Sets `old` to all children of the master, as PID:START. Children that are about to begin
# or to end are included.
generation_children() {
  local pid stat_state stat_parent stat_session stat_start
  local -a children
  old=()
  pid_children "$1"
  for pid in ${children[@]+"${children[@]}"}; do
    ! pid_stat "$pid" || [[ $stat_state == [ZXx] ]] || old+=("$pid:$stat_start")
  done
}

# generation_draining GENERATION COLOR NAME: Answers a driver's `draining`. Returns 0 while workers of the generation
# still work for COLOR, and prints how many. Requests to other sites may keep workers for hours. So the workers do not
# count any more after 5 s without a connection to COLOR. NAME is the proxy's name for the message.
generation_draining() {
  local count one since last seen left connections=0
  local -a addresses
  generation_works "$1" || return 1
  # If the addresses of the color are not known, connections cannot be excluded.
  find_addresses "$2" || connections=1
  for one in ${addresses[@]+"${addresses[@]}"}; do
    count=$(established_to "$one") || count=1
    connections=$((connections + count))
  done
  if ((connections)); then
    rm -f "$release/quiet"
    generation_ends_soon "$1" && return 1
    printf '%s\n' "$left workers of $3 from before the reload, $connections connections to $2"
    return 0
  fi
  # The time without connections counts only if it was seen without a gap of more than 2 s, and for this generation. The
  # file keeps its begin, the last look, and the generation.
  now
  IFS='|' read -r since last seen 2>/dev/null <"$release/quiet" || seen=''
  if [[ $seen != "$1" || ! $since$last =~ ^[0-9]+$ ]] || ((now_ms - last > 2000 || now_ms < last)); then
    since=$now_ms
  fi
  printf '%s|%s|%s\n' "$since" "$now_ms" "$1" 2>/dev/null >"$release/quiet" || since=$now_ms
  ((now_ms - since < 5000)) || return 1
  ! generation_ends_soon "$1" || return 1
  printf '%s\n' "$left workers of $3 from before the reload, no connection to $2 for $((now_ms - since)) ms"
}

# generation_works GENERATION: Sets `left` to the number of its workers that still run. Fails if none runs.
generation_works() {
  local worker
  left=0
  for worker in $1; do
    [[ $worker == "${1%% *}" ]] || ! pid_is "${worker%:*}" "${worker#*:}" || left=$((left + 1))
  done
  ((left))
}

# generation_ends_soon GENERATION: Succeeds if its last worker ends within 300 ms. A look at a worker takes about 0.1
# ms. On a busy host counting the connections takes several ms.
generation_ends_soon() {
  local until step
  now
  until=$((now_ms + 300))
  while ((now_ms < until)); do
    step=$((left > 2 ? left * 5 : 10))
    pause $((step < until - now_ms ? step : until - now_ms)) || break
    generation_works "$1" || break
    now
  done
  ((left == 0))
}

# ---- place: the color, release and service that a function works on ------------------------------
#
# Only `at` sets the color, the service and the port, and only for the command that it runs. So no function can use the
# values of an earlier one by mistake.

from='' to=''  # the colors: the live color when the command began, and the other one
old_release='' # the release of `from`; empty if the script did not start it
candidate=''   # the release of `to`

# at new|old|COLOR SERVICE COMMAND…: Runs COMMAND with `color release slot service port address handover stop_within
# offer`, and with `other_color other_port` of the other color. With a COLOR in place of `new` or `old` there is no
# release, only today's ports and addresses.
at() {
  local color=$1 release='' service=$2 slot port address other_color='' other_port='' handover stop_within
  local one
  local -A offer=() other_places=()
  case $1 in
    new) color=$to release=$candidate ;;
    old) color=$from release=$old_release ;;
  esac
  slot=$release/slot
  # The color may be from an older deploy.bg. Then today's deploy.bg does not say what its other color was.
  if known_color "$color"; then
    for one in "${colors[@]}"; do
      [[ $one == "$color" ]] || other_color=$one
    done
    other_port=${port_of["$other_color $service"]-}
  fi
  find_other_places
  if ((${#other_places[@]})); then
    # COMMAND sees these in place of today's: a probe may name another service than the current one.
    local -A port_of=() address_of=()
    for one in "${!other_places[@]}"; do
      case $one in
        port*) port_of["${one#port }"]=${other_places["$one"]} ;;
        *) address_of["${one#address }"]=${other_places["$one"]} ;;
      esac
    done
  fi
  port=${port_of["$color $service"]-}
  address=${address_of["$color $service"]-}
  handover=${handover_of["$service"]-}
  stop_within=${stop_within_of["$service"]-}
  read_offers
  shift 2
  "$@"
}

# read_offers: Fills `offer` with the values that the driver of the current service has offered after the start.
read_offers() {
  local name told
  [[ -f $release/offers.$service ]] || return 0
  while IFS='=' read -r name told; do
    [[ -z $name ]] || offer["$name"]=$told
  done <"$release/offers.$service"
}

# find_other_places: Fills `other_places` if the current release has other ports or addresses than today's deploy.bg
# says. The release may be from another deploy.bg, and listens where it was started. A release without a meta file was
# never started.
find_other_places() {
  local value name ports addresses ports_then addresses_then
  [[ -n $release ]] && meta ports "$release" || return 0
  ports_then=$value
  meta addresses "$release" || return 0
  addresses_then=$value
  list_places "$color"
  [[ $ports != "$ports_then" || $addresses != "$addresses_then" ]] || return 0
  for name in ${port_of[@]+"${!port_of[@]}"}; do
    other_places["port $name"]=${port_of["$name"]}
  done
  for name in ${address_of[@]+"${!address_of[@]}"}; do
    other_places["address $name"]=${address_of["$name"]}
  done
  for name in "${services[@]}"; do
    place_in "$ports_then" "$name" "${port_of["${colors[0]} $name"]-}"
    other_places["port $color $name"]=$value
    place_in "$addresses_then" "$name" "${address_of["${colors[0]} $name"]-}"
    other_places["address $color $name"]=$value
  done
}

# list_places COLOR: Sets `ports` and `addresses` to those of today's deploy.bg, as a meta file has them: one for each
# service, in the order of deploy.bg. A service that has none leaves its place empty.
list_places() {
  local name
  ports='' addresses=''
  for name in "${services[@]}"; do
    ports+=" ${port_of["$1 $name"]-}"
    addresses+=" ${address_of["$1 $name"]-}"
  done
  ports=${ports# } addresses=${addresses# }
}

# place_in PLACES SERVICE TODAY: Sets `value` to the service's port or address in PLACES. PLACES is the list of ports, or
# of addresses, in a meta file: one for each service, in the order of the deploy.bg of that release. The list has no
# names. So if it has another number of entries than today's services, or if the service's entry is empty, `value` is the
# first entry that is not empty. TODAY is a port or an address of the service in today's deploy.bg; if it is empty,
# `value` is empty, too.
place_in() {
  local one rest=$1 blanks=${1//[! ]/}
  value=''
  [[ -n $3 ]] || return 0
  if ((${#blanks} + 1 == ${#services[@]})); then
    for one in "${services[@]}"; do
      value=${rest%% *}
      rest=${rest#* }
      [[ $one != "$2" ]] || break
    done
    [[ -z $value ]] || return 0
  fi
  rest=${1#"${1%%[! ]*}"}
  value=${rest%% *}
}

# known_color COLOR: Succeeds if it is one of this script's colors.
known_color() {
  local one
  for one in "${colors[@]}"; do
    [[ $one != "$1" ]] || return 0
  done
  return 1
}

# other_color COLOR: Prints the other color.
other_color() {
  local one
  for one in "${colors[@]}"; do
    [[ $one == "$1" ]] || printf '%s' "$one"
  done
}

# first_routed: Sets `service` to the first service that the proxy routes to. If there is none, to the first service.
first_routed() {
  for service in "${services[@]}"; do
    [[ -z ${address_of["${colors[0]} $service"]-} ]] || return 0
  done
  service=${services[0]}
}

# at_first new|old COMMAND…: Runs COMMAND for the first routed service. This service represents the whole color.
at_first() {
  local service side=$1
  shift
  first_routed
  at "$side" "$service" "$@"
}

# at_verify new|old NAME COMMAND…: Runs COMMAND for the service whose `verify` this is: `web.page` belongs to `web`. One
# without a service is asked for the first routed service.
at_verify() {
  local service side=$1 asked_service=''
  case $2 in
    *.*)
      service=${2%%.*}
      # The proxy does not route to a service without an address, so another one answers for it.
      [[ -z ${address_of["${colors[0]} $service"]-} ]] || asked_service=$service
      ;;
    *) first_routed ;;
  esac
  shift 2
  at "$side" "$service" "$@"
}

# overlaps SERVICE: Succeeds if the service runs in both colors for a while (`handover overlap`).
overlaps() {
  [[ ${handover_of["$1"]} == overlap ]]
}

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

# ---- process: which processes run, since when, and in which session ------------------------------
#
# All data is read from /proc. Pids are reused, so a process is identified by its pid and start time. A zombie counts as
# ended.

# pid_stat PID: Sets stat_state, stat_parent, stat_session and stat_start (in ticks since boot). Returns 1 if there is
# no such process.
pid_stat() {
  local line=''
  # The program's name is in parentheses and may contain any character, even line ends and parentheses. So the
  # fields after the last parenthesis are read.
  { IFS= read -r -d '' line <"/proc/$1/stat"; } 2>/dev/null
  [[ -n $line ]] || return 1
  # shellcheck disable=SC2086 # a letter and numbers; `read` would take twice as long
  set -- ${line##*) }
  stat_state=$1 stat_parent=$2 stat_session=$4 stat_start=${20}
}

# process_start_time PID: Prints the process's start time, in ticks since boot. Returns 1 if the process has ended.
process_start_time() {
  local stat_state stat_parent stat_session stat_start
  pid_stat "$1" && [[ $stat_state != [ZXx] ]] && printf '%s\n' "$stat_start"
}

# pid_is PID START: Succeeds if the process with this pid and start time still runs.
pid_is() {
  local stat_state stat_parent stat_session stat_start
  pid_stat "$1" && [[ $stat_state != [ZXx] && $stat_start == "$2" ]]
}

# pid_runs PID: Succeeds if PID, a child of this shell, still runs. `kill -0` succeeds until bash has collected the
# child's exit code, and under load bash sometimes misses the end of a child.
pid_runs() {
  local stat_state stat_parent stat_session stat_start
  pid_stat "$1" && [[ $stat_state != [ZXx] ]]
}

# pid_descends PID ANCESTOR: Succeeds if PID is ANCESTOR or a descendant of it.
pid_descends() {
  local stat_state stat_parent=$1 stat_session stat_start
  while [[ $stat_parent != "$2" ]]; do
    ((stat_parent > 1)) && pid_stat "$stat_parent" || return 1
  done
}

# pid_children PID: Sets `children` to the pids of the process's children.
pid_children() {
  local stat_state stat_parent stat_session stat_start file
  children=()
  if { read -r -d '' -a children <"/proc/$1/task/$1/children"; } 2>/dev/null || [[ -e /proc/$1/task/$1/children ]]; then
    return 0
  fi
  # The kernel does not have that file.
  for file in /proc/[0-9]*; do
    pid_stat "${file#/proc/}" && [[ $stat_parent == "$1" ]] && children+=("${file#/proc/}")
  done
  return 0
}

# pid_command PID: Prints the process's command line for messages: one line of at most 120 printable characters.
pid_command() {
  local line
  line=$({ tr '\0\001-\037\177' ' ' <"/proc/$1/cmdline"; } 2>/dev/null)
  [[ -n $line ]] || { read -r line <"/proc/$1/comm"; } 2>/dev/null || line='?'
  line=${line%"${line##*[! ]}"}
  printf '%s\n' "${line:0:120}"
}

# close_descriptors [KEEP…]: Closes this shell's descriptors except 0, 1, 2 and KEEP: locks, and pipes of the script's
# caller. A process that outlives the script would otherwise hold them until it ends.
close_descriptors() {
  local file descriptor keep
  for file in "/proc/$BASHPID/fd/"*; do
    descriptor=${file##*/}
    # Bash uses 255 for itself and closes it.
    if [[ ! $descriptor =~ ^[0-9]+$ ]] || ((descriptor < 3 || descriptor == 255)); then
      continue
    fi
    for keep; do
      [[ $descriptor != "$keep" ]] || continue 2
    done
    { exec {descriptor}>&-; } 2>/dev/null || :
  done
}

# default_signals: Resets the signals that the script ignores. Otherwise a program that it starts would ignore them,
# too.
default_signals() {
  trap - HUP INT QUIT PIPE TERM
}

# ---- net: listening sockets, connections and their processes -------------------------------------
#
# All data is read from /proc, so that the host needs no ss, netstat or lsof. The addresses there have the byte order of
# a little-endian machine, as every x86 and ARM Linux is.

# Functions for awk. They convert an address of /proc/net/tcp or tcp6, or an address in its usual form, to 32
# hexadecimal digits (IPv4 as IPv4-mapped IPv6), and back to the usual form.
# shellcheck disable=SC2016  # a program for awk, which expands its own dollars
net_awk='
  function hex(number) { return sprintf("%x", number) }
  function number_of(digits, at, number) {
    digits = tolower(digits)
    for (at = 1; at <= length(digits); at++) number = number * 16 + index("0123456789abcdef", substr(digits, at, 1)) - 1
    return number + 0
  }
  function canonical(raw, at, text) {
    for (at = 1; at < length(raw); at += 8)
      text = text substr(raw, at + 6, 2) substr(raw, at + 4, 2) substr(raw, at + 2, 2) substr(raw, at, 2)
    if (length(text) == 8) text = "00000000000000000000ffff" text
    return tolower(text)
  }
  function written(address, at, byte, text) {
    split(address, byte, ".")
    if (address !~ /:/) {
      text = sprintf("%02x%02x%02x%02x", byte[1], byte[2], byte[3], byte[4])
      return "00000000000000000000ffff" text
    }
    if (match(address, /[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/)) {
      text = substr(written(substr(address, RSTART)), 25)
      address = substr(address, 1, RSTART - 1) substr(text, 1, 4) ":" substr(text, 5)
    }
    at = index(address, "::")
    if (at == 0) return groups(address)
    text = groups(substr(address, at + 2))
    address = groups(substr(address, 1, at - 1))
    while (length(address) + length(text) < 32) address = address "0"
    return address text
  }
  function groups(list, count, part, at, text) {
    count = split(list, part, ":")
    for (at = 1; at <= count; at++) text = text sprintf("%04x", number_of(part[at]))
    return text
  }
  function shown(address, at, text) {
    if (substr(address, 1, 24) == "00000000000000000000ffff") {
      for (at = 25; at < 32; at += 2) text = text (at > 25 ? "." : "") number_of(substr(address, at, 2))
      return text
    }
    for (at = 1; at < 32; at += 4) text = text ":" hex(number_of(substr(address, at, 4)))
    text = substr(text, 2)
    # Leave out the first run of zeros, as is usual.
    if (text ~ /^0:0:/) sub(/^0:0(:0)*/, ":", text)
    else if (text ~ /:0:0/) sub(/:0:0(:0)*/, ":", text)
    return text == ":" ? "::" : text
  }'

# net_tables: Sets `tables` to the files that the kernel has. Without IPv6 there is only one.
net_tables() {
  local file
  tables=()
  for file in /proc/net/tcp /proc/net/tcp6; do
    [[ ! -r $file ]] || tables+=("$file")
  done
}

listening=() # inodes, set by `port_listens`

# port_listens PORT: Succeeds if a process listens on the port, at any address. Sets `listening` to the inodes of the
# sockets. No process is started for this. The kernel lists listening sockets (0A; on old kernels also connections that
# are being opened, 03) before all other sockets. There may be very many others, so the search ends at the first one.
port_listens() {
  local file row inode wanted count _
  local -a rows
  printf -v wanted ':%04X' "$1"
  listening=()
  for file in /proc/net/tcp /proc/net/tcp6; do
    # Read a block of lines at once: after each line `read` would go back to the line's end, and the kernel would
    # generate the table again. Only if a block is full of listening sockets, a larger one is read. On a busy host the
    # whole table takes 20 ms.
    count=64 rows=()
    while mapfile -t -s 1 -n "$count" rows 2>/dev/null <"$file"; do
      case ${rows[count - 1]-} in
        *' 0A '* | *' 03 '*) count=$((count * 4)) ;;
        *) break ;;
      esac
    done
    for row in ${rows[@]+"${rows[@]}"}; do
      case $row in
        *"$wanted "*' 0A '*)
          read -r _ _ _ _ _ _ _ _ _ inode _ <<<"$row"
          listening+=("$inode")
          ;;
        *' 0A '* | *' 03 '*) ;;
        *) break ;;
      esac
    done
  done
  ((${#listening[@]}))
}

# count_sockets: Sets `sockets` to the numbers of sockets in use. A new listening socket changes them. Reading them
# takes almost no time; the tables take milliseconds.
count_sockets() {
  local protocol count file _
  sockets=''
  for file in /proc/net/sockstat /proc/net/sockstat6; do
    while read -r protocol _ count _; do
      [[ $protocol != TCP* ]] || sockets+=" $count"
    done 2>/dev/null <"$file"
  done
}

# listeners PORT: Prints a line `ADDRESS INODE` for each socket that listens on the port.
listeners() {
  local tables port
  printf -v port ':%04X' "$1"
  net_tables
  LC_ALL=C awk -v port="$port" "$net_awk"'
    # Listening sockets come before all others (see port_listens).
    $4 != "0A" && $4 != "03" && $4 != "st" { nextfile }
    $4 == "0A" && substr($2, length($2) - 4) == port {
      print shown(canonical(substr($2, 1, length($2) - 5))), $10
    }' ${tables[@]+"${tables[@]}"} </dev/null
}

# established_to HOST:PORT: Prints how many established connections lead there. Fails if HOST is a name that cannot be
# resolved, because then the number is unknown.
established_to() {
  local tables host=${1%:*} port addresses
  printf -v port ':%04X' "${1##*:}"
  host=${host#[}
  host=${host%]}
  addresses=$host
  if [[ $host == localhost ]]; then
    addresses='127.0.0.1 ::1'
  elif [[ $host != *:* && ! $host =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
    addresses=$(getent ahosts "$host" 2>/dev/null | awk '!seen[$1]++ { printf "%s ", $1 }')
    [[ -n $addresses ]] || return 1
  fi
  net_tables
  LC_ALL=C awk -v port="$port" -v addresses="$addresses" "$net_awk"'
    BEGIN {
      count = split(addresses, address, " ")
      for (at = 1; at <= count; at++) wanted[written(address[at])] = 1
      total = 0
    }
    $4 == "01" && substr($3, length($3) - 4) == port && (canonical(substr($3, 1, length($3) - 5)) in wanted) { total++ }
    END { print total }' ${tables[@]+"${tables[@]}"} </dev/null
}

# socket_owners INODE [PID…]: Prints the processes that hold this socket: of the given ones, or of all. Processes that
# this user may not inspect are missing.
socket_owners() {
  local inode=$1 folder
  local -a folders=()
  shift
  if (($#)); then
    for folder; do
      folders+=("/proc/$folder/fd")
    done
  else
    for folder in /proc/[0-9]*/fd; do
      folders+=("$folder")
    done
  fi
  # One `ls` reads all folders. With a second folder it always prints each folder's name.
  # shellcheck disable=SC2012  # the names are numbers
  LC_ALL=C ls -ln "${folders[@]}" /proc/self/fdinfo 2>/dev/null | LC_ALL=C awk -v wanted="socket:[$inode]" '
    /^\/proc\// { split($0, part, "/"); pid = part[3]; said = 0 }
    $NF == wanted && !said { print pid; said = 1 }'
}

# owners_of_port PORT: Prints which processes listen on the port, in a few words.
owners_of_port() {
  local inode pid words='' seen=' ' _
  while read -r _ inode; do
    while read -r pid; do
      [[ $seen != *" $pid "* ]] || continue
      seen+="$pid "
      words+="${words:+, }process $pid ($(pid_command "$pid")), user $(user_of "$pid")"
    done < <(socket_owners "$inode")
  done < <(listeners "$1")
  printf '%s\n' "${words:-a process of another user, or the network of a container}"
}

# owners_of_ports PORTS: Prints the same for those of the ports on which something listens.
owners_of_ports() {
  local one words=''
  for one in $1; do
    ! port_listens "$one" || words+="${words:+, }$(owners_of_port "$one")"
  done
  printf '%s' "$words"
}

# user_of PID: Prints the name of the process's user, or the number if the user has no name.
user_of() {
  local key number='?' user uid _
  {
    while read -r key number _; do
      [[ $key != Uid: ]] || break
    done <"/proc/$1/status"
  } 2>/dev/null || :
  while IFS=: read -r user _ uid _; do
    [[ $uid != "$number" ]] || {
      printf '%s\n' "$user"
      return
    }
  done </etc/passwd
  printf '%s\n' "$number"
}

# tcp_connect HOST PORT: Opens a connection on descriptor `tcp_fd`. Returns 10 if it is refused, 11 if the host is
# unknown, 12 if there is no route, 13 for any other failure; `tcp_why` says which. It may take minutes, so call it
# within `bounded`.
tcp_connect() {
  local LC_ALL=C
  [[ $1 =~ ^[A-Za-z0-9._:%-]+$ && $2 =~ ^[0-9]+$ ]] || {
    tcp_why="not an address: $1:$2"
    return 13
  }
  # bash reports the failure only in words, so the words decide which failure it was.
  { exec {tcp_fd}<>"/dev/tcp/$1/$2"; } 2>"$scratch/connect" && return 0
  IFS= read -r -d '' tcp_why <"$scratch/connect" || :
  case $tcp_why in
    *refused*) return 10 ;;
    *'not known'* | *'No address'* | *'name resolution'* | *resolve* | *'nknown host'*) return 11 ;;
    *unreachable* | *'No route'*) return 12 ;;
    *) ;;
  esac
  tcp_why=${tcp_why%$'\n'}
  tcp_why=${tcp_why##*: }
  return 13
}

# connect_refused HOST PORT: Returns 0 if the connection is refused, 1 if it is accepted, 2 if there is no answer.
connect_refused() {
  bounded 2000 tcp_connect "$1" "$2"
  case $? in
    10) return 0 ;;
    0) return 1 ;;
    *) return 2 ;;
  esac
}

# ---- output: messages for people, CI and machines; each goes first into the deployment's log -----

log_format=plain # terminal, plain, github or json
log_file=''      # the deployment's log; empty until the state folder is known
secret_values=() # texts that are never shown
open_line=''     # the line of the running step on a terminal; its result replaces it
group_open=no    # yes: a group is open in the output for GitHub Actions
group_program='' # the program whose steps are shown

# choose_output [json]: Sets `log_format`: `json` if the caller asks for it, otherwise the format that fits GitHub
# Actions, a terminal, or another standard output.
choose_output() {
  if [[ ${1-} == json ]]; then
    log_format=json
  elif [[ ${GITHUB_ACTIONS-} == true ]]; then
    log_format=github
  elif [[ -t 1 && ${TERM-dumb} != dumb ]]; then
    log_format=terminal
  fi
}

# mask TEXT: Sets `masked` to TEXT, with `***` in place of every secret.
mask() {
  local secret
  masked=$1
  for secret in ${secret_values[@]+"${secret_values[@]}"}; do
    [[ -z $secret ]] || masked=${masked//"$secret"/***}
  done
}

# A pattern for valid UTF-8, byte by byte (RFC 3629, section 4).
utf8_tail=$'[\x80-\xbf]'
utf8=$'^([\x01-\x7f]|[\xc2-\xdf]'$utf8_tail
utf8+=$'|\xe0[\xa0-\xbf]'$utf8_tail$'|\xed[\x80-\x9f]'$utf8_tail$'|[\xe1-\xec\xee\xef]'$utf8_tail$utf8_tail
utf8+=$'|(\xf0[\x90-\xbf]|[\xf1-\xf3]'$utf8_tail$'|\xf4[\x80-\x8f])'$utf8_tail$utf8_tail')*$'

# json_string TEXT: Sets `quoted` to TEXT as a JSON string. Line ends and tabs are escaped; other control characters
# become blanks. If TEXT is not valid UTF-8, every byte above 127 becomes `?`.
json_string() {
  quoted=${1//\\/\\\\}
  quoted=${quoted//\"/\\\"}
  quoted=${quoted//$'\n'/\\n}
  quoted=${quoted//$'\r'/\\r}
  quoted=${quoted//$'\t'/\\t}
  quoted=${quoted//[[:cntrl:]]/ }
  [[ $quoted =~ $utf8 ]] || quoted=${quoted//[$'\x80'-$'\xff']/?}
  quoted=\"$quoted\"
}

# to_log TEXT: Writes one line with the time into the deployment's log. Always succeeds, because a full disk must not
# stop a deployment.
to_log() {
  local masked
  [[ -n $log_file ]] || return 0
  mask "$1"
  printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$masked" 2>/dev/null >>"$log_file" || return 0
}

# to_user LINE: Prints LINE. Always succeeds, because a reader that went away must not stop a deployment.
to_user() {
  printf '%s\n' "$1" 2>/dev/null || return 0
}

# write_line LEVEL TEXT: Writes a message into the log, and prints it in the chosen format.
write_line() {
  local level=$1 text quoted masked
  mask "$2"
  text=$masked
  to_log "$level: $text"
  if [[ -n $open_line ]]; then
    open_line=''
    to_user ''
  fi
  case $log_format in
    json)
      json_string "$text"
      to_user "{\"level\":\"$level\",\"app\":\"$app\",\"deployment\":\"${deployment-}\",\"message\":$quoted}"
      ;;
    github)
      text=${text//%/%25}
      text=${text//$'\r'/%0D}
      text=${text//$'\n'/%0A}
      case $level in
        warning) to_user "::warning title=$app::$text" ;;
        error) to_user "::error title=$app${step_where:+,file=${step_where%:*},line=${step_where##*:}}::$text" ;;
        *) to_user "$masked" ;;
      esac
      ;;
    *)
      [[ $level == info ]] || text="$level: $text"
      to_user "$text"
      ;;
  esac
}

# say WORDS…: Prints an ordinary message.
say() { write_line info "$*"; }

# warn WORDS…: Prints a warning: something that a person should know, but that does not stop the deployment.
warn() { write_line warning "$*"; }

# fail_with WORDS…: Sets `reason`, unless it is set already: the first failure is the cause, later ones are its
# consequences. Returns 1.
fail_with() {
  [[ -n $reason ]] || reason=$*
  to_log "failed: $*"
  return 1
}

# seconds_since MILLISECONDS: Sets `elapsed`, the seconds since then, with one decimal.
seconds_since() {
  now
  printf -v elapsed '%d.%d' $(((now_ms - $1) / 1000)) $(((now_ms - $1) % 1000 / 100))
}

# Steps that print a line only if they fail. The log has every step.
quiet_steps=' check_host find_artifact check_questions no_stranger journal put_off_journal reserve take_up sync_release ports_are_free '
quiet_steps+='still_live dial persist persist_off keep_resuming save_way_back lock_proxy write unlock_proxy close_journal record sweep '

# step_begins ACTION ARG…: Sets `step_name` and writes the step into the log. A terminal shows the step's line while the
# step runs.
step_begins() {
  name_step "$@"
  to_log "step: $*"
  [[ $log_format == terminal && $quiet_steps != *" $1 "* ]] || return 0
  open_line=$step_name
  printf '  ..     %s' "$step_name" 2>/dev/null || return 0
}

# name_step ACTION ARG…: Sets `step_name` to the step's words, with the colors in place of `new` and `old`.
name_step() {
  local word
  step_name=''
  for word; do
    case $word in
      new) word=${to:-new} ;;
      old) word=${from:-old} ;;
    esac
    step_name+="${step_name:+ }$word"
  done
}

# step_ends RESULT BEGUN ACTION ARG…: Prints one line with the step's result and duration. BEGUN is the step's start, as
# `now_ms`.
step_ends() {
  local line quoted result=$1 elapsed
  seconds_since "$2"
  shift 2
  to_log "step $result: $* (${elapsed}s)"
  if [[ $log_format == json ]]; then
    json_string "$*"
    to_user "{\"level\":\"info\",\"app\":\"$app\",\"deployment\":\"${deployment-}\",\"step\":$quoted,\"where\":\"$step_where\",\"result\":\"$result\",\"seconds\":$elapsed}"
    return
  fi
  if [[ -n $open_line ]]; then
    open_line=''
    printf '\r\033[K' 2>/dev/null || :
  fi
  # If no color served before, a successful step on `old` has done nothing, so it prints no line.
  [[ $result != ok || ($quiet_steps != *" $1 "* && "${2-} $from" != 'old ') ]] || return 0
  printf -v line '  %-6s %s (%ss)' "$result" "$step_name" "$elapsed"
  to_user "$line"
}

# group_of_program FUNCTION…: Begins a group of output for the running program. FUNCTION… are the running functions, the
# innermost first; the first one with a title counts.
group_of_program() {
  local program title=''
  for program; do
    case $program in
      plan.prepare) title="prepare $app (deployment $deployment)" ;;
      plan.switch) title="switch $app from ${from:-nothing} to $to" ;;
      plan.cleanup) title="cleanup of ${from:-nothing}" ;;
      plan.rollback) title="rollback of $app (deployment $deployment)" ;;
      plan.abort) title="abort of deployment ${journal[deployment]}" ;;
      plan.resume) title="resume of $app" ;;
      plan.adopt) title="adopt the live color of $app" ;;
      way.go_back) title="way back to ${from:-nothing}" ;;
      *) continue ;;
    esac
    break
  done
  [[ -n $title && $program != "$group_program" ]] || return 0
  group_program=$program
  group_begins "$title"
}

# group_begins NAME, group_ends: Begin and end a group, which GitHub Actions can fold. GitHub Actions knows no group
# inside of a group, so an open group is ended first.
group_begins() {
  group_ends
  to_log "phase: $1"
  case $log_format in
    github)
      group_open=yes
      to_user "::group::$1"
      ;;
    json) ;;
    *) to_user "$1" ;;
  esac
}

group_ends() {
  [[ $group_open == yes ]] || return 0
  group_open=no
  to_user '::endgroup::'
}

# ---- clock: monotonic time, interruptible waits, deadlines for everything ----------------------

now_ms=0         # set by `now`
interrupted=''   # the signal that asked the script to stop
shielded=no      # yes: signals must not interrupt, for example during a way back or the write of a commit
clock_owner=''   # the pid of the shell that reads from descriptor 7
parents_clock=7  # in a subshell of `bounded`: the descriptor of the parent's pipe, which wakes the parent
woken_by=''      # the pid of the subshell whose end woke `nap`, or ''
followed_fd=''   # the output of a user's step, which is shown while the step runs
followed_part='' # the last line of that output, while its line end is missing

# now: Sets `now_ms`, the milliseconds since boot. No process is started for this.
now() {
  local uptime _
  read -r uptime _ </proc/uptime
  now_ms=$((10#${uptime/./}0))
}

# watch_signals: TERM and INT request a stop, with a way back if one is needed. HUP and PIPE (a reader of the output
# that went away) are ignored.
watch_signals() {
  trap 'interrupted=TERM' TERM
  trap 'interrupted=INT' INT
  trap '' HUP PIPE
  open_clock
}

# open_clock: Opens a pipe with both ends on descriptor 7. Waiting for a line from this pipe is a sleep that starts no
# process. A line ends the sleep.
open_clock() {
  exec 7<> <(:)
  clock_owner=$BASHPID
}

# own_clock: Gives a subshell its own pipe. If it read from the parent's pipe, it would take the line that wakes the
# parent. At its end it writes a line to the parent's pipe.
own_clock() {
  [[ $clock_owner != "$BASHPID" ]] || return 0
  [[ -z $clock_owner ]] || exec {parents_clock}>&7
  open_clock
}

# nap MILLISECONDS: Sleeps, at most 100 ms, so that a trap runs soon after its signal. Returns 0 if a line ended the
# sleep; fails if the time is over.
nap() {
  local fraction
  own_clock
  printf -v fraction '0.%03d' $(($1 > 100 ? 100 : $1))
  read -r -t "$fraction" -u 7 woken_by
}

# asked_to_stop: Succeeds if a signal requested a stop and `shielded` is not yes.
asked_to_stop() {
  [[ -n $interrupted && $shielded == no ]]
}

# shield COMMAND…: Runs a function of this script that a request to stop must not cut.
shield() {
  local code shielded_before=$shielded
  shielded=yes
  "$@"
  code=$?
  # A way back was shielded before, and stays shielded.
  shielded=$shielded_before
  return "$code"
}

# pause MILLISECONDS: Waits. Fails as soon as the script is asked to stop.
pause() {
  local until
  now
  until=$((now_ms + $1))
  while ((now_ms < until)); do
    ! asked_to_stop || return 1
    nap $((until - now_ms)) || :
    now
  done
  ! asked_to_stop
}

# descendants PID…: Prints the pids of the children, of their children, and so on.
descendants() {
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v roots="$*" '
    { pid = $1; sub(/^.*\) /, ""); split($0, field, " "); parent[pid] = field[2] }
    END {
      count = split(roots, root, " ")
      for (at = 1; at <= count; at++) found[root[at]] = 1
      do {
        grown = 0
        for (pid in parent) if (!(pid in found) && (parent[pid] in found)) { found[pid] = 1; print pid; grown = 1 }
      } while (grown)
    }'
}

# freeze_tree PID…: Stops (SIGSTOP) these processes and all their descendants, and adds them to `tree`. A stopped
# process cannot start a process that would be missing from the list.
freeze_tree() {
  local -a below
  tree+=("$@")
  while (($#)); do
    kill -STOP "$@" 2>/dev/null || :
    mapfile -t below < <(descendants "$@")
    tree+=(${below[@]+"${below[@]}"})
    set -- ${below[@]+"${below[@]}"}
  done
}

# end_tree PID: Ends a child of this script and all its descendants: first with TERM, 100 ms later with KILL.
end_tree() {
  local until
  local -a tree=()
  freeze_tree "$1"
  kill -TERM ${tree[@]+"${tree[@]}"} 2>/dev/null || :
  kill -CONT ${tree[@]+"${tree[@]}"} 2>/dev/null || :
  # The processes get the whole 100 ms to clean up. A line may end a nap earlier, for example the child's own line.
  now
  until=$((now_ms + 100))
  while ((now_ms < until)); do
    nap $((until - now_ms)) || :
    now
  done
  freeze_tree ${tree[@]+"${tree[@]}"}
  kill -KILL ${tree[@]+"${tree[@]}"} 2>/dev/null || :
  wait "$1" 2>/dev/null || :
}

# bounded MILLISECONDS COMMAND…: Runs a command or a function of this script in a subshell, with /dev/null as standard
# input. The exit code is the command's. 124: the time was over, and the command was ended. 143: the script was asked to
# stop.
bounded() {
  local limit=$1 step=4 child start code
  shift
  # After a request to stop the command would be ended at once, so it is not started.
  ! asked_to_stop || return 143
  own_clock
  (
    trap - HUP PIPE TERM INT
    # At its exit it wakes the nap below, unless it used `exec`.
    parents_clock=7
    trap '{ printf "%s\n" "$BASHPID" >&"$parents_clock"; } 2>/dev/null' EXIT
    "$@"
  ) </dev/null &
  child=$!
  now
  start=$now_ms
  while pid_runs "$child"; do
    if asked_to_stop; then
      end_tree "$child"
      return 143
    fi
    if ((now_ms - start >= limit)); then
      end_tree "$child"
      return 124
    fi
    follow_output
    if nap "$step"; then
      # The child reports its exit just before it ends. `wait` below waits for the rest.
      [[ $woken_by != "$child" ]] || break
      step=4
    elif ((step < 50)); then
      step=$((step * 2))
    fi
    now
  done
  # A signal to this shell ends `wait` early, with a code above 128. After such a code `wait` is called again, to get
  # the child's own code.
  wait "$child"
  code=$?
  while ((code > 128)) && pid_runs "$child"; do
    wait "$child"
  done
  ((code <= 128)) || {
    wait "$child"
    code=$?
  }
  # A signal to the whole process group ends the child, too. While the script is shielded it must continue, so the
  # command is run again.
  if [[ $shielded == yes && -n $interrupted ]] && ((code == 143 || code == 130)); then
    interrupted=''
    bounded "$limit" "$@"
    return
  fi
  return "$code"
}

# follow_output: Shows the lines that the user's step has written since the last call.
follow_output() {
  local line=''
  [[ -n $followed_fd ]] || return 0
  while IFS= read -r -u "$followed_fd" line; do
    say "    | $followed_part$line"
    followed_part=''
  done
  followed_part+=$line
}

# follow_last: Does the same as `follow_output`, at the step's end. Also shows a last line without a line end.
follow_last() {
  follow_output
  [[ -n $followed_part ]] || return 0
  say "    | $followed_part"
  followed_part=''
}

# ---- run command: a program that a process manager keeps --------------------------------------------
#
# The identity is `kept` and the line that the `identity` command printed after the start. It is `starting` if the
# script ended before that.

# command_preflight: Fails if a program of the commands is not found in the PATH that they get.
command_preflight() {
  local account one
  local -a environment
  find_account "$EUID" || return
  command_make_environment
  # If PATH depends on inputs or on the slot, the programs are looked for only when they run.
  [[ " ${command_env[*]-} " != *' PATH='* ]] || return 0
  for one in "${command_start[0]}" "${command_stop[0]}" "${command_alive[0]}" "${command_logs[0]-}" "${command_identity[0]-}"; do
    [[ -z $one ]] || find_program "$one" || return
  done
}

command_stage() {
  return 0
}

command_start() {
  local said
  save_identity starting || {
    printf '%s\n' "cannot write to $release: is the disk full?"
    return 1
  }
  if ! command_run "$release/log.$service" "${command_start[@]}"; then
    printf '%s\n' "${command_start[0]} failed: $(tail -n 1 "$release/log.$service")"
    return 1
  fi
  said=$(command_ask_identity) || {
    printf '%s\n' "${command_identity[0]} failed after the start: $said"
    return 1
  }
  save_identity "kept $said"
}

command_alive() {
  local identity said
  if ! load_identity; then
    printf '%s\n' 'was never started'
    return 1
  fi
  command_can_run "$release/answer.$service" || return 2
  if ! command_run "$release/answer.$service" "${command_alive[@]}"; then
    said=$(tail -n 1 "$release/answer.$service")
    printf '%s\n' "does not run${said:+: $said}"
    return 1
  fi
}

# command_can_run OUTPUT: Fails if no command could be run now. Then its exit code would say nothing about the program.
command_can_run() {
  local account
  find_account "$EUID" || return
  { : >"$1"; } 2>/dev/null || {
    printf '%s\n' "cannot write $1: is the disk full?"
    return 1
  }
}

# command_is_gone: Succeeds if the program does not run. Fails also if this cannot be found out.
command_is_gone() {
  command_alive >/dev/null
  (($? == 1))
}

command_adopt() {
  local said
  if ! save_identity starting; then
    printf '%s\n' "cannot write to $release: is the disk full?"
  elif ! command_alive; then
    : # it has printed the reason
  elif ! said=$(command_ask_identity); then
    printf '%s\n' "${command_identity[0]} failed: $said"
  elif ! save_identity "kept $said"; then
    printf '%s\n' "cannot write to $release: is the disk full?"
  else
    return 0
  fi
  rm -f "$release/identity.$service"
  return 1
}

# command_listens: The owner of the port can be compared only if the identity is a pid.
command_listens() {
  local identity inode pid owner stranger='' ours=no
  load_identity || return 3
  pid=$(command_ask_identity) || pid=''
  if [[ ! $pid =~ ^[0-9]+$ ]]; then
    printf '%s\n' 'the identity is not a pid'
    return 3
  fi
  port_listens "$port" || {
    printf '%s\n' "no process listens on port $port"
    return 1
  }
  for inode in ${listening[@]+"${listening[@]}"}; do
    for owner in $(socket_owners "$inode"); do
      if pid_descends "$owner" "$pid"; then
        ours=yes
      else
        stranger=$owner
      fi
    done
  done
  if [[ -n $stranger ]]; then
    printf '%s\n' "port $port belongs to process $stranger ($(pid_command "$stranger")), which is not the one that was started"
    return 2
  elif [[ $ours == no ]]; then
    printf '%s\n' "cannot see who listens on port $port without root"
    return 3
  fi
  printf '%s\n' "pid $pid"
}

command_enter() {
  command_environment
  cd -- "$command_directory" && exec "$@"
}

command_stop() {
  local identity said until step=20
  load_identity || return 0
  ! command_is_gone || return 0
  command_can_run "$release/answer.$service" || return
  said=$(command_ask_identity) || said=''
  if [[ $identity != starting && "kept $said" != "$identity" ]]; then
    printf '%s\n' "$service of $color was started again by somebody else (its identity was${identity#kept}, now it is $said), so this script does not stop it"
    return 1
  fi
  if ! command_run "$release/answer.$service" "${command_stop[@]}"; then
    ! command_is_gone || return 0
    printf '%s\n' "${command_stop[0]} failed: $(tail -n 1 "$release/answer.$service")"
    return 1
  fi
  now
  until=$((now_ms + stop_within))
  while ! command_is_gone; do
    now
    if ((now_ms >= until)); then
      printf '%s\n' "still runs $((stop_within / 1000))s after ${command_stop[0]}"
      return 1
    fi
    pause "$step" || return 1
    ((step >= 200)) || step=$((step * 2))
  done
}

command_clear() {
  return 0
}

command_logs() {
  if ((${#command_logs[@]})); then
    command_run "$release/answer.$service" "${command_logs[@]}"
    tail -n "$1" "$release/answer.$service"
  elif [[ -f $release/log.$service ]]; then
    tail -n "$1" "$release/log.$service"
  fi
}

# command_persist: Does nothing, because the process manager decides whether the program starts after a reboot.
command_persist() {
  return 0
}

# command_ask_identity: Prints the current identity, one line. Without the setting `identity` prints nothing.
command_ask_identity() {
  ((${#command_identity[@]})) || return 0
  command_run "$release/answer.$service" "${command_identity[@]}" || {
    tail -n 1 "$release/answer.$service"
    return 1
  }
  head -n 1 "$release/answer.$service"
}

# command_run OUTPUT COMMAND…: Runs the command with its output in the file OUTPUT. With a pipe, a process that the
# command leaves running would keep the pipe open, and the script would wait for it.
command_run() {
  local output=$1
  shift
  (
    umask 077
    exec >"$output" 2>&1 || exit
    close_descriptors
    default_signals
    umask 022
    command_environment
    cd -- "$command_directory" && exec "$@"
  )
}

# command_make_environment: Sets `environment` for the commands.
command_make_environment() {
  fixed_environment
  environment+=(${command_env[@]+"${command_env[@]}"})
}

# command_environment: Exports what the commands get, and nothing else. The caller's variables would come by accident: at
# the next boot `resume` has others.
command_environment() {
  local account entry
  local -a environment
  find_account "$EUID" || exit
  command_make_environment
  for entry in $(compgen -e); do
    unset "$entry" 2>/dev/null || :
  done
  for entry in "${environment[@]}"; do
    export "${entry?}"
  done
}

# ---- run jar: java -jar --------------------------------------------------------------------------

jar_stage() {
  local jar_file
  jar_find && process_stage
}

jar_preflight() {
  local -a process_command=("$jar_java")
  process_preflight
}

jar_start() {
  local jar_file
  local -a process_command
  jar_find || return
  process_command=("$jar_java" ${jar_jvm[@]+"${jar_jvm[@]}"} -jar "$jar_file" ${jar_args[@]+"${jar_args[@]}"})
  process_start
}

# jar_find: Sets `jar_file`. Many builds leave a second jar (`-plain`, `-sources`), so more than one match is an error.
jar_find() {
  local -a found=()
  if [[ -f $jar_jar ]]; then
    found=("$jar_jar")
  else
    mapfile -t found < <(compgen -G "$jar_jar")
  fi
  case ${#found[@]} in
    1) jar_file=${found[0]} ;;
    0)
      printf '%s\n' "no jar: nothing matches $jar_jar"
      return 1
      ;;
    *)
      printf '%s\n' "more than one jar matches $jar_jar: ${found[*]##*/}; name the one to run more exactly"
      return 1
      ;;
  esac
}

# ---- run process: a program that stays in the foreground ----------------------------------------
#
# The identity is `unit NAME INVOCATION` under systemd, otherwise `pid PID START BOOT`. The program and its children
# have DEPLOYC_RUN in their environment. By this mark the script recognises a child that has left the program's session.
# Below, `invocation_or_start` is the third word of the identity.

# process_preflight: Fails if the program's user does not exist, if the script cannot become this user, or if the
# program is not found.
process_preflight() {
  local account
  local -a become environment
  find_account "${process_user:-$EUID}" && process_find_become || return
  process_make_environment
  # If the command or PATH depends on inputs or on the slot, the program is looked for only at the start.
  [[ -z ${process_command[0]-} || " ${process_env[*]-}" == *' PATH='* ]] || find_program "${process_command[0]}"
}

# process_stage: Makes the program's user the owner of the slot. It does not matter which user has staged the files. If
# services have different users, the slot belongs to the first one, and the others can read it.
process_stage() {
  local account user group _
  ((EUID == 0)) || return 0
  find_account "${process_user:-$EUID}" || return
  IFS=: read -r _ _ user group _ <<<"$account"
  if [[ ! -f $release/slot-user ]]; then
    printf '%s\n' "$user" >"$release/slot-user" && chown -hR "$user:$group" "$slot"
  elif [[ $(<"$release/slot-user") != "$user" ]]; then
    chmod -R o+rX "$slot"
  fi
}

process_start() {
  local keeper account
  local -a environment
  if [[ ! -d $process_directory ]]; then
    printf '%s\n' "the folder $process_directory, in which ${process_command[0]} is to start, does not exist"
    return 1
  fi
  find_account "${process_user:-$EUID}" || return
  process_make_environment
  find_program "${process_command[0]}" || return
  process_choose_keeper
  rm -f "$release/exit.$service"
  "process_start_in_$keeper"
}

process_alive() {
  local identity kind name invocation_or_start boot
  if ! load_identity; then
    printf '%s\n' 'was never started'
    return 1
  fi
  read -r kind name invocation_or_start boot <<<"$identity"
  case $kind in
    pid | unit) "process_alive_$kind" "$name" "$invocation_or_start" "$boot" ;;
    *)
      printf '%s\n' "$release/identity.$service has an unknown format: was it edited by hand?"
      return 2
      ;;
  esac
}

# process_adopt: Saves the identity of the process that listens on the port as the identity of the release's program.
# Fails if something else keeps the process running.
process_adopt() {
  local inode pid='' owner boot start others
  if [[ -z $port ]]; then
    printf '%s\n' 'the service has no port, so its process cannot be found'
    return 1
  fi
  port_listens "$port" || :
  for inode in ${listening[@]+"${listening[@]}"}; do
    for owner in $(socket_owners "$inode"); do
      # If a program and its children share the socket, take the program.
      if [[ -z $pid ]] || pid_descends "$pid" "$owner"; then
        pid=$owner
      fi
    done
  done
  if [[ -z $pid ]] || ! start=$(process_start_time "$pid"); then
    printf '%s\n' "cannot see which process listens on port $port"
    return 1
  fi
  process_print_keeper "$pid" && return 1
  others=$(process_other_ports "$pid")
  if [[ -n $others ]]; then
    printf '%s\n' "process $pid ($(pid_command "$pid")) listens on port $others too, and may serve more than this app"
    return 1
  fi
  read_boot
  save_identity "pid $pid $start $boot"
}

# process_print_keeper PID: Prints what keeps the process running and would start it again. Fails if no such keeper is
# found.
process_print_keeper() {
  local group unit main cure='after the next deployment'
  if (($1 == 1)); then
    printf '%s\n' "the host's init itself listens on port $port (a socket unit of systemd?)"
    return 0
  fi
  group=$(<"/proc/$1/cgroup") || {
    printf '%s\n' "$(id -un) cannot see what keeps process $1 ($(pid_command "$1"))"
    return 0
  }
  unit=$(grep -om 1 '[^/]*\.service$' <<<"$group")
  if [[ -n $unit && $group == */user@* ]]; then
    printf '%s\n' "process $1 ($(pid_command "$1")) is kept running by the user unit $unit: $cure, run \`systemctl --user disable --now $unit\`"
  elif [[ -n $unit ]] && main=$(systemctl show --property=MainPID "$unit" 2>/dev/null) && main=${main#MainPID=} && ((main > 1)) && pid_descends "$1" "$main"; then
    printf '%s\n' "process $1 ($(pid_command "$1")) is kept running by the systemd unit $unit: $cure, run \`systemctl disable --now $unit\`"
  elif [[ $group =~ docker|containerd|libpod|kubepods && $group != "$(<"/proc/$$/cgroup")" || $(pid_command "$1") == *docker-proxy* ]]; then
    printf '%s\n' "a container listens on port $port: $cure, stop it with \`docker stop\`"
  else
    return 1
  fi
}

# process_other_ports PID: Prints another port on which the process listens, if there is one.
process_other_ports() {
  local tables
  net_tables
  # shellcheck disable=SC2012 # the names are numbers
  ls -ln "/proc/$1/fd" 2>/dev/null | LC_ALL=C awk -v port="$(printf ':%04X' "$port")" "$net_awk"'
    FILENAME == "-" { if (match($NF, /^socket:\[[0-9]+\]$/)) held[substr($NF, 9, length($NF) - 9)] = 1; next }
    $4 == "0A" && ($10 in held) && substr($2, length($2) - 4) != port { print number_of(substr($2, length($2) - 3)); exit }
  ' - ${tables[@]+"${tables[@]}"}
}

process_listens() {
  local identity inode pid kind name stranger='' ours=no _
  load_identity || return 3
  read -r kind name _ <<<"$identity"
  port_listens "$port" || {
    printf '%s\n' "no process listens on port $port"
    return 1
  }
  for inode in ${listening[@]+"${listening[@]}"}; do
    # Usually the program itself holds the socket. Then the search in all other processes is not needed.
    if [[ $kind == pid && $(ls -ln "/proc/$name/fd" 2>/dev/null) == *"socket:[$inode]"* ]]; then
      ours=yes
      continue
    fi
    for pid in $(socket_owners "$inode"); do
      if process_owns "$pid"; then
        ours=yes
      else
        stranger=$pid
      fi
    done
  done
  if [[ -n $stranger ]]; then
    printf '%s\n' "port $port belongs to process $stranger ($(pid_command "$stranger")), which is not the one that was started"
    return 2
  elif [[ $ours == no ]]; then
    printf '%s\n' "cannot see who listens on port $port without root"
    return 3
  fi
}

process_enter() {
  local account inner
  local -a environment become
  find_account "${process_user:-$EUID}" && process_find_become || return
  process_make_environment
  exec 3>/dev/null 4< <(process_print_command "$@")
  inner="$(declare -f process_become_program process_become_command)"$'\n''process_become_program "$@"'
  exec "${become[@]}" -c "$inner" deployc - "$process_directory" -
}

process_stop() {
  local identity kind name invocation_or_start boot
  load_identity || return 0
  read -r kind name invocation_or_start boot <<<"$identity"
  case $kind in
    pid | unit) "process_stop_$kind" "$name" "$invocation_or_start" "$boot" ;;
    *)
      printf '%s\n' "$release/identity.$service has an unknown format (was it edited by hand?): end the program by hand"
      return 1
      ;;
  esac
}

process_clear() {
  local identity kind name _
  load_identity || return 0
  read -r kind name _ <<<"$identity"
  [[ $kind != unit ]] || systemctl reset-failed "$name.service" 2>/dev/null || :
}

process_logs() {
  local identity kind name invocation _ log=$release/log.$service
  load_identity || :
  read -r kind name invocation _ <<<"$identity"
  if [[ $kind == unit ]]; then
    # The last output of a program that has ended may not be in the journal yet.
    journalctl --sync 2>/dev/null || :
    journalctl --quiet --no-pager --output=cat --lines="$1" "_SYSTEMD_INVOCATION_ID=$invocation" 2>/dev/null
  elif [[ -f $log.1 ]]; then
    cat "$log.1" "$log" 2>/dev/null | tail -n "$1"
  elif [[ -f $log ]]; then
    tail -n "$1" "$log"
  fi
}

# process_persist: Does nothing, because neither a session nor a transient unit survives a boot. After a boot `resume`
# starts the live color.
process_persist() {
  return 0
}

# process_choose_keeper: Sets `keeper`. `auto` uses systemd only from version 240 on, because an older systemd does not
# report that a program could not be started.
process_choose_keeper() {
  local version
  keeper=$process_keeper
  [[ $keeper == auto ]] || return 0
  keeper=session
  ((EUID == 0)) && [[ -d /run/systemd/system ]] && version=$(systemctl --version 2>/dev/null) || return 0
  [[ $version =~ ^systemd\ ([0-9]+) ]] && ((BASH_REMATCH[1] >= 240)) && keeper=systemd
  return 0
}

# process_make_environment: Sets `environment` for the program.
process_make_environment() {
  fixed_environment
  environment+=(${process_env[@]+"${process_env[@]}"} "DEPLOYC_RUN=$release/$service/")
}

# process_owns PID: Succeeds if the process belongs to the program that `identity` names.
process_owns() {
  local kind name _ stat_state stat_parent stat_session stat_start
  read -r kind name _ <<<"$identity"
  if [[ $kind == unit ]]; then
    grep -qs "/$name\.service\(/\|\$\)" "/proc/$1/cgroup"
  else
    pid_stat "$1" || return 1
    [[ $stat_session == "$name" ]] || pid_descends "$1" "$name"
  fi
}

# process_is_marked PID: Succeeds if this release's service has started the process. This finds also a process that has
# left the session since.
process_is_marked() {
  local text=''
  # `read` drops the NULs between the entries.
  { IFS= read -r -N 4000000 text <"/proc/$1/environ"; } 2>/dev/null
  [[ $text == *"DEPLOYC_RUN=$release/$service/"* ]]
}

# ---- run process, kept in a session of its own ---------------------------------------------------

process_start_in_session() {
  local line='' boot told both gives takes starter='' pipe=$release/told.$service
  local -a become
  process_find_become || return
  printf '%s\n' "$(declare -f default_signals process_become_program process_become_command process_keep)" 'process_keep "$@"' 2>/dev/null >"$release/keeper" || {
    printf '%s\n' "cannot write $release/keeper: is the disk full?"
    return 1
  }
  [[ ! -e $pipe ]] || rm -f "$pipe"
  # Opening one end of a pipe waits for the other end, so the pipe is first opened for both.
  if ! { mkfifo -m 600 "$pipe" && exec {both}<>"$pipe" && exec {gives}>"$pipe" && exec {takes}<"$pipe"; } 2>/dev/null; then
    printf '%s\n' "cannot write to $release: is the disk full?"
    return 1
  fi
  exec {both}>&-
  rm -f "$pipe"
  exec {told}< <(process_start_keeper "$takes")
  exec {takes}<&-
  if ! { IFS= read -r -t 4 -u "$told" starter && IFS= read -r -t 8 -u "$told" line; }; then
    [[ -z $starter ]] || end_tree "$starter"
    printf '%s\n' "${process_command[0]} was not started: $(process_logs 1)"
    return 1
  fi
  read_boot
  # The program waits for its command on the pipe. It gets the command only after its identity is saved. If this script
  # ends before that, the program ends too, so no unknown program is left running.
  save_identity "pid $line $boot" || {
    printf '%s\n' "cannot write to $release: is the disk full?"
    return 1
  }
  trap '' PIPE
  { process_print_command "${process_command[@]}" >&"$gives"; } 2>/dev/null || {
    printf '%s\n' "${process_command[0]} ended before it was started: $(process_logs 1)"
    return 1
  }
  exec {gives}>&-
}

# process_find_become: Sets `become`, the command of a bash that runs as the program's user. Fails if this needs root.
process_find_become() {
  local uid gid groups _
  become=("$BASH")
  [[ -n $process_user ]] || return 0
  IFS=: read -r _ _ uid gid _ <<<"$account"
  ((uid != EUID)) || return 0
  if ((EUID != 0)); then
    printf '%s\n' "only root can start ${process_command[0]-a program} as $process_user; this is $(id -un)"
    return 1
  fi
  groups=$(id -G "$process_user")
  become=(setpriv --reuid="$uid" --regid="$gid" --groups="${groups// /,}" -- "$BASH")
  # BusyBox's setpriv has no options for users, so `su` is used.
  "${become[@]}" -c : 2>/dev/null || become=(su -m -s "$BASH" -- "$process_user")
}

# process_start_keeper DESCRIPTOR: Replaces this subshell by the keeper. Prints its own pid on this shell's standard
# output; after that the keeper prints the program's pid and start time. The program reads its command from DESCRIPTOR.
process_start_keeper() {
  printf '%s\n' "$BASHPID"
  exec 3>&1 4<&"$1" >/dev/null 2>&1 </dev/null
  close_descriptors 3 4
  default_signals
  fixed_limits
  cd / || exit
  exec env -i PATH="$PATH" setsid "$BASH" "$release/keeper" "$release/log.$service" "$process_log_limit" "$release/exit.$service" \
    "$process_directory" "${process_open_files:--}" "${become[@]}"
}

# fixed_limits: Sets the limits of this process and its children, so that they do not depend on the caller. What a child
# may do is what the host allows at most. No program needs more than 524288 open files, and some go through all of them.
# Only root can undo a caller's `nice`. systemd sets the limits of its units itself.
fixed_limits() {
  local limit files
  ulimit -S -c 0
  for limit in d f m t u v; do
    ulimit -S "-$limit" "$(ulimit -H "-$limit")"
  done
  ulimit -S -s 8192
  files=$(ulimit -H -n)
  [[ $files != unlimited ]] && ((files <= 524288)) || files=524288
  ulimit -S -n "$files"
  renice 0 -p "$BASHPID"
  printf '0\n' >/proc/self/oom_score_adj
} 2>/dev/null >&2

# process_keep LOG BYTES EXIT FOLDER FILES BECOME…: Runs as the keeper, the parent of the program. It writes the
# program's log to LOG and saves the exit code in EXIT. LOG and LOG.1 together never exceed BYTES. The keeper has a
# session of its own, so that a signal to the program's session does not end it before the program.
process_keep() {
  local log=$1 half=$(($2 / 2)) exit=$3 folder=$4 files=$5 inner count child said size code
  shift 5
  umask 077
  exec 2>>"$log"
  [[ ! -e $log.pipe ]] || rm -f "$log.pipe"
  mkfifo "$log.pipe" || exit
  exec 5<>"$log.pipe"
  exec 6<"$log.pipe"
  rm -f "$log.pipe"
  inner="$(declare -f process_become_program process_become_command)"$'\n''process_become_program "$@"'
  (
    default_signals
    exec "$@" -c "$inner" deployc "$inner" "$folder" "$files" >&5 2>&1 5>&- 6<&-
  ) &
  child=$!
  exec 3>&- 4<&- 5>&- 2>/dev/null
  trap '' HUP INT QUIT PIPE TERM
  count=$((half / 4096 / 4))
  count=$((count < 1 ? 1 : count > 256 ? 256 : count))
  # dd writes each block as soon as it has read it. The shell checks the size of the log after `count` reads.
  while :; do
    said=$(LC_ALL=C dd bs=4096 count="$count" <&6 2>&1 >>"$log")
    case $said in
      *'0+0 records in'*) break ;;
      *'records in'*) ;;
      *)
        # The release's folder is gone. Continue to read: otherwise the program would block or die when it writes.
        cat <&6 >/dev/null
        break
        ;;
    esac
    size=$(stat -c %s "$log" 2>/dev/null) || size=0
    ((size + count * 4096 <= half)) || mv -f "$log" "$log.1"
  done
  wait "$child"
  code=$?
  printf '%s\n' "$code" >"$exit.new" && mv -f "$exit.new" "$exit"
}

# process_become_program TEXT FOLDER FILES: Runs as the program's user. If it is not the leader of a session, it runs
# TEXT (this function) once more, in a session of its own. Then it prints its pid and start time on descriptor 3. The
# program keeps both, because it replaces this shell.
process_become_program() {
  local stat='' text=$1 folder=$2 files=$3
  local -a become_field
  IFS= read -r -d '' stat <"/proc/$$/stat"
  read -r -a become_field <<<"${stat##*) }"
  if [[ ${become_field[3]} != "$$" && $text != - ]]; then
    exec setsid "$BASH" -c "$text" deployc - "$folder" "$files"
  fi
  cd -- "$folder" || exit 126
  umask 022
  [[ $files == - ]] || ulimit -n "$files" || exit 126
  printf '%s %s\n' "$$" "${become_field[19]}" >&3
  exec 3>&-
  process_become_command
}

# process_print_command WORD…: Prints the input of `process_become_command`: the environment, an empty entry, the number
# of words, the words.
process_print_command() {
  printf '%s\0' "${environment[@]}" '' "$#" "$@"
}

# process_become_command: Reads an environment and a command from descriptor 4 and becomes this program, with no other
# variable in its environment. If the input is incomplete, the script ended before it saved the identity. Then the
# program must not run.
process_become_command() {
  local become_name='' become_entry='' become_count=''
  local -a become_environment=() become_words=()
  while IFS= read -r -d '' -u 4 become_entry && [[ -n $become_entry ]]; do
    become_environment+=("$become_entry")
  done
  IFS= read -r -d '' -u 4 become_count || exit 125
  while ((${#become_words[@]} < become_count)) && IFS= read -r -d '' -u 4 become_entry; do
    become_words+=("$become_entry")
  done
  ((${#become_words[@]} == become_count)) || exit 125
  exec 4<&-
  for become_name in $(compgen -e); do
    unset "$become_name" 2>/dev/null || :
  done
  for become_entry in ${become_environment[@]+"${become_environment[@]}"}; do
    # If a name is not valid for a variable, stop here: the program must not start without that variable.
    export "${become_entry?}" || exit 126
  done
  exec -- ${become_words[@]+"${become_words[@]}"}
}

process_alive_pid() {
  local boot inode pid code tries=0 value
  read_boot
  if [[ $boot != "$3" ]]; then
    printf '%s\n' 'ended with a reboot'
    return 1
  fi
  ! pid_is "$1" "$2" || return 0
  if meta adopted "$release"; then
    printf '%s\n' 'has ended'
    return 1
  fi
  # The keeper writes the exit code after it has read the program's last output.
  while [[ ! -f $release/exit.$service ]] && ((tries++ < 10)); do
    pause 20 || break
  done
  read -r code 2>/dev/null <"$release/exit.$service" || code=''
  if [[ -n $port ]] && port_listens "$port"; then
    for inode in ${listening[@]+"${listening[@]}"}; do
      for pid in $(socket_owners "$inode"); do
        process_is_marked "$pid" || continue
        printf '%s\n' "left the foreground: process $pid ($(pid_command "$pid")), which it started, listens on port $port; start it without its daemon option, or use \`run command\` to say how it starts and stops"
        return 1
      done
    done
  fi
  process_say_exit "$code"
  return 1
}

# process_say_exit CODE: Prints how the program ended. If CODE is empty, the keeper still reads the log, because another
# process holds the log's pipe open.
process_say_exit() {
  local cure="it must stay in the foreground: start it without its daemon option, or use \`run command\` to say how it starts and stops"
  if [[ ! $1 =~ ^[0-9]+$ ]]; then
    printf '%s\n' "exited but left a process running; $cure"
  elif (($1 == 0)); then
    printf '%s\n' "exited with code 0; $cure"
  elif (($1 > 128 && $1 < 193)); then
    printf '%s\n' "was ended by signal $(($1 - 128)) ($(kill -l $(($1 - 128)) 2>/dev/null))"
  else
    printf '%s\n' "exited with code $1"
  fi
}

process_stop_pid() {
  local boot until seen=no asked=no step=5
  local -a remains
  if [[ ! "$1 $2" =~ ^[0-9]+\ [0-9]+$ ]]; then
    printf '%s\n' "$release/identity.$service contains neither pid nor start time: was it edited by hand?"
    return 1
  fi
  read_boot
  # No process survives a reboot, and other processes may have its pids now.
  [[ $boot == "$3" ]] || return 0
  now
  until=$((now_ms + stop_within))
  if pid_is "$1" "$2"; then
    seen=yes
    kill -s "$process_signal" "$1" 2>/dev/null || :
    while pid_is "$1" "$2" && ((now_ms < until)); do
      pause "$step" || return 1
      ((step >= 20)) || step=$((step * 2))
      now
    done
  fi
  while :; do
    process_find_remains "$1" "$2" "$seen"
    ((${#remains[@]})) || return 0
    now
    if ((now_ms >= until + 5000)); then
      printf '%s\n' "process ${remains[0]} ($(pid_command "${remains[0]}")) does not end, not even after SIGKILL"
      return 1
    elif ((now_ms >= until)); then
      kill -KILL "${remains[@]}" 2>/dev/null || :
    elif [[ $asked == no ]]; then
      # Remaining children may have work to finish, too.
      asked=yes
      kill -TERM "${remains[@]}" 2>/dev/null || :
    fi
    pause 20 || return 1
  done
}

# process_find_remains PID START SEEN: Sets `remains` to the processes of the program that still run: the program, its
# session, and its children in other sessions. The number of a session may be reused. So a process of that session
# counts only if the program was just seen (SEEN is yes), or if the process has the mark. The script itself may be a
# child of the program; it is left out.
process_find_remains() {
  local file pid stat_state stat_parent stat_session stat_start
  remains=()
  for file in /proc/[0-9]*; do
    pid=${file#/proc/}
    if ! pid_stat "$pid" || [[ $stat_state == [ZXx] ]] || ((stat_start < $2)); then
      continue
    fi
    if [[ $pid == "$1" ]]; then
      [[ $stat_start != "$2" ]] || remains+=("$pid")
    elif [[ $stat_session == "$1" && $3 == yes ]] || process_is_marked "$pid"; then
      pid_descends "$BASHPID" "$pid" || pid_descends "$pid" "$$" || remains+=("$pid")
    fi
  done
}

# ---- run process, kept by systemd: a transient unit ----------------------------------------------

process_start_in_systemd() {
  local unit=deployc-$app-$color-$service-${release##*/} file=$release/told.$service why invocation text
  local unit_state unit_invocation unit_code unit_signalled
  local -a options
  (umask 077 && process_print_command "${process_command[@]}" 2>/dev/null >"$file") || {
    printf '%s\n' "cannot write $file: is the disk full?"
    return 1
  }
  options=(--quiet --unit="$unit" --description="$app $color $service" --service-type=exec
    --property=KillMode=mixed --property=KillSignal="SIG$process_signal" --property=TimeoutStopSec="${stop_within}ms"
    '--property=SuccessExitStatus=130 131 143' --property=WorkingDirectory="$process_directory"
    --property=StandardInput="file:$file")
  [[ -z $process_user ]] || options+=(--uid="$process_user")
  [[ -z $process_open_files ]] || options+=(--property=LimitNOFILE="$process_open_files")
  systemctl reset-failed "$unit.service" 2>/dev/null || :
  # systemd would change some values in arguments, so a shell reads them from the file and is then replaced by the
  # program. systemd expands $ in the shell's text, so each $ is written as $$.
  text="$(declare -f process_become_command)"$'\n''exec 4<&0 </dev/null; process_become_command'
  # Save the unit's name before the start: if the script is killed now, the unit is known to belong to this release.
  save_identity "unit $unit -" || {
    printf '%s\n' "cannot write to $release: is the disk full?"
    return 1
  }
  if ! why=$(systemd-run "${options[@]}" -- "$BASH" -c "${text//\$/\$\$}" deployc 2>&1); then
    rm -f "$file"
    why=${why//$'\n'/; }
    process_unit_state "$unit"
    # The program was started and ended before systemd reported the start. `alive` will say how it ended. Codes from 200
    # on are from systemd itself, which means that the program was not started.
    if [[ -z $why && -n $unit_invocation && $unit_code =~ ^[0-9]+$ ]] && ((unit_code < 200)); then
      save_identity "unit $unit $unit_invocation"
      return
    fi
    printf '%s\n' "systemd did not start ${process_command[0]}: ${why:-it ended with code ${unit_code:-?} before the program began}"
    return 1
  fi
  rm -f "$file"
  # If systemd does not answer now, the unit's name remains the identity.
  invocation=$(systemctl show --property=InvocationID "$unit.service" 2>/dev/null) || return 0
  [[ -z ${invocation#*=} ]] || save_identity "unit $unit ${invocation#*=}"
}

# process_unit_state UNIT: Sets unit_state, unit_invocation, unit_code and unit_signalled.
process_unit_state() {
  local key value
  unit_state='' unit_invocation='' unit_code='' unit_signalled=no
  while IFS='=' read -r key value; do
    case $key in
      ActiveState) unit_state=$value ;;
      InvocationID) unit_invocation=$value ;;
      ExecMainStatus) unit_code=$value ;;
      # 2 and 3 are the kernel's CLD_KILLED and CLD_DUMPED.
      ExecMainCode) [[ $value != [23] ]] || unit_signalled=yes ;;
    esac
  done < <(systemctl show --property=ActiveState --property=InvocationID --property=ExecMainStatus --property=ExecMainCode "$1.service" 2>/dev/null)
}

process_alive_unit() {
  local unit_state unit_invocation unit_code unit_signalled
  process_unit_state "$1"
  if [[ -z $unit_state ]]; then
    printf '%s\n' 'systemd does not answer'
    return 2
  fi
  # `-`: the invocation was not saved, because the script was killed or systemd did not answer. The unit's name contains
  # the release, so the name is enough.
  [[ -n ${2#-} ]] || set -- "$1" "$unit_invocation"
  case $unit_state:$unit_invocation in
    "active:$2" | "activating:$2" | "reloading:$2" | "deactivating:$2") return 0 ;;
    *":$2")
      [[ $unit_signalled == no ]] || unit_code=$((unit_code + 128))
      process_say_exit "$unit_code"
      ;;
    # systemd forgets a unit that ended with success.
    *) process_say_exit 0 ;;
  esac
  return 1
}

# process_unit_is_gone UNIT INVOCATION: Succeeds if the unit does not run. Fails also if systemd does not answer,
# because then the unit may still run.
process_unit_is_gone() {
  process_alive_unit "$1" "$2" >/dev/null
  (($? == 1))
}

process_stop_unit() {
  local unit_state unit_invocation unit_code unit_signalled why
  if process_unit_is_gone "$1" "$2"; then
    process_clear
    return 0
  fi
  why=$(systemctl stop "$1.service" 2>&1) || why=${why:-systemctl stop failed}
  if ! process_unit_is_gone "$1" "$2"; then
    systemctl kill --signal=KILL "$1.service" 2>/dev/null || :
    pause 200
    if ! process_unit_is_gone "$1" "$2"; then
      printf '%s\n' "unit $1 does not end: ${why//$'\n'/; }"
      return 1
    fi
  fi
  process_clear
}

# ---- switch nginx: one included file and a reload -------------------------------------------------
#
# A generation is the master and the workers that accept connections, each as PID:START. About 10 ms after a reload all
# new workers run. The old workers accept for about 100 ms more; then each of them is gone or has the title
# `is shutting down`. New workers alone do not prove a reload: if a worker dies, the master starts a new one with the
# old configuration. There are two proofs of a reload. Either more workers accept at the same time than before the
# reload; later there may be fewer. Or the master has closed a file, such as a log, that was open before the reload.

nginx_routed() { fragment_routed "$nginx_file"; }
nginx_read() { fragment_read "$nginx_file"; }
nginx_write() { fragment_write "$nginx_file" "$1"; }
nginx_swap() { fragment_swap "$nginx_file"; }
nginx_remove() { fragment_remove "$nginx_file"; }
nginx_draining() { generation_draining "$1" "$2" nginx; }

nginx_test() {
  local said begun code
  local -a test=("$nginx_binary" -t -c "$nginx_config")
  ((${#nginx_test[@]} == 0)) || test=("${nginx_test[@]}")
  now
  begun=$now_ms
  said=$(nginx_as_root ${test[@]+"${test[@]}"} 2>&1)
  code=$?
  now
  # After a reload the master reads the same configuration, so `confirm` waits for this time, too.
  [[ -z $release ]] || printf '%s\n' $((now_ms - begun)) 2>/dev/null >"$release/test.took" || :
  ((code == 0)) && return 0
  nginx_own_words "$said"
  return 1
}

nginx_snapshot() {
  local nginx_pid_file nginx_master why='' looks=0
  local -a generation
  while nginx_find_master && nginx_is_alone accepts && nginx_read_generation && ((${#generation[@]} > 1)); do
    # Another reload may be in progress, with workers of both configurations. Wait for its end, but only about 1 s: if
    # workers die again and again, there is always a young one.
    if nginx_has_young_worker && ((looks++ < 20)); then
      pause 50 && continue
    fi
    printf '%s\n' "${generation[*]}"
    return 0
  done
  printf '%s\n' "${why:-nginx has no worker: its error log tells why}"
  return 1
}

# nginx_has_young_worker: Succeeds if a worker is younger than 300 ms. Perhaps nginx has reloaded just now and has not
# yet told the old workers to end. In some containers the clock differs from that of the processes; there no worker
# counts as young.
nginx_has_young_worker() {
  local worker age
  now
  for worker in "${generation[@]:1}"; do
    # The kernel counts in hundredths of a second.
    age=$((now_ms - ${worker#*:} * 10))
    ((age < 0 || age >= 300)) || return 0
  done
  return 1
}

nginx_reload() {
  local nginx_pid_file nginx_master why asking master ended='' most=0 files open_files workers
  local -a generation old
  if ! nginx_find_master || ! nginx_read_generation; then
    printf '%s\n' "$why"
    return 1
  fi
  # Workers that another reload starts before this one are old, too. So are workers that were told to end and still have
  # requests.
  master=${generation[0]}
  generation_children "$nginx_master"
  nginx_add_workers_elsewhere
  workers=$((${#generation[@]} - 1))
  nginx_find_open_files
  files=$open_files
  # The output does not go to $release/reload. If this reload fails, the record of the earlier reload in that file is
  # still valid.
  nginx_ask_reload >"$release/reload.said" 2>&1 &
  asking=$!
  while ((most <= workers)); do
    ! nginx_read_generation || nginx_watch_overlap
    if [[ -z $ended ]] && ! pid_runs "$asking"; then
      now
      ended=$now_ms
    fi
    now
    [[ -z $ended ]] || ((now_ms - ended < 200)) || break
    pause 10 || break
  done
  wait "$asking" || {
    nginx_own_words "$(<"$release/reload.said")"
    return 1
  }
  printf '%s %s %s %s\n' "$most" "$workers" "${files:--}" "${old[*]-}" >"$release/reload"
  printf '%s\n' "$master ${old[*]-}"
}

nginx_confirm() {
  local nginx_pid_file nginx_master why until took asked=0 again=no most workers files step=5
  local -a generation old wanted
  nginx_recall_test
  now
  until=$((now_ms + took + 9500 < now_ms + limit - 500 ? now_ms + took + 9500 : now_ms + limit - 500))
  read -r -a wanted <<<"$1"
  nginx_recall_reload "$1"
  nginx_find_master || {
    printf '%s\n' "$why"
    return 1
  }
  while :; do
    nginx_judge
    case $? in
      0) return 0 ;;
      2) break ;;
    esac
    now
    ((now_ms < until)) || break
    # On a busy host the script may have missed the moment when old and new workers overlap, and the master may have no
    # files to close. So reload once more and watch again.
    if [[ $why == 'the new workers'* ]] && ((now_ms - asked > 500)); then
      asked=$now_ms
      if nginx_reload >/dev/null; then
        again=yes
        nginx_recall_reload "$1"
      fi
    fi
    pause "$step" || break
    ((step >= 20)) || step=$((step * 2))
  done
  printf '%s\n' "$why"
  return 1
}

# nginx_recall_test: Sets `took` to the milliseconds of the last test, 0 if they are not known.
nginx_recall_test() {
  local value text=''
  { read -r text <"$release/test.took"; } 2>/dev/null || :
  number "$text" 0
  took=$value
}

# nginx_recall_reload SNAPSHOT: Reads the record of `reload`. Sets `workers` (their number before the reload), `most`
# (their highest number since), `files`, and `old` (the old workers, those of the snapshot included).
nginx_recall_reload() {
  local line=''
  read -r most workers files line 2>/dev/null <"$release/reload"
  [[ -n $line && $most$workers =~ ^[0-9]+$ ]] || line='' most=0 workers=$((${#wanted[@]} - 1)) files=-
  read -r -a old <<<"${1#* } $line"
}

# nginx_mutex: Prints the path of the lock: the configuration's folder. A file in that folder cannot be the lock:
# packages and certbot replace files, and then the lock would be lost.
nginx_mutex() {
  local file
  file=$nginx_config
  [[ ! -L $file ]] || file=$(readlink -f -- "$file") || return
  printf '%s\n' "${file%/*}"
}

nginx_preflight() {
  local nginx_pid_file nginx_master why said
  if ! type -P -- "$nginx_binary" >/dev/null; then
    printf '%s\n' "$nginx_binary is not on this host (looked in $PATH): install nginx"
    return 1
  fi
  nginx_find_master || {
    printf '%s\n' "$why"
    return 1
  }
  nginx_is_alone || {
    printf '%s\n' "$why"
    return 1
  }
  fragment_writable "$nginx_file" || return
  nginx_allowed || return
  # `test` reports faults of the configuration. Here only one counts: our file is missing or somebody has damaged it.
  if ! said=$(nginx_as_root "$nginx_binary" -T -c "$nginx_config" 2>&1); then
    case $said in
      *" in $nginx_file:"* | *"\"$nginx_file\" failed"* | *"host not found in upstream \"${nginx_upstream:--}"* | *"unknown \"${nginx_set:--}"*) ;;
      *) return 0 ;;
    esac
    # A file that is exactly as a script of ours wrote it is not damaged. Then another file is the cause, and `test`
    # reports it.
    [[ $(nginx_routed) != 'color '* ]] || return 0
    if confirmed_fragment; then
      why='does not exist any more'
      if [[ -e $nginx_file ]]; then
        said=${said##*\[emerg\] }
        [[ ! $said =~ ^[0-9]+#[0-9]+:\  ]] || said=${said#*: }
        why="was damaged (${said%%$'\n'*})"
      fi
      printf '%s\n' "nginx needs $nginx_file, which $why: $confirmed was confirmed last; copy $confirmed_file to $nginx_file, then reload nginx"
      return 1
    fi
    [[ ! -e $nginx_file ]] || return 0
    printf '%s\n' "nginx needs $nginx_file, which does not exist yet: put the first one there by hand (nginx/${colors[0]}.conf among the built files), then reload nginx"
    return 1
  fi
  if nginx_includes "$said"; then
    nginx_cuts_the_drain "$said"
    return 0
  fi
  printf '%s\n' "nginx does not include $nginx_file: add \`include $nginx_file;\` to $nginx_config or to the site's server block"
  return 1
}

# nginx_cuts_the_drain DUMP: Prints a warning if nginx itself ends its old workers before the drain is over.
nginx_cuts_the_drain() {
  local value rest ms=0
  nginx_setting worker_shutdown_timeout "$1" || return 0
  rest=$value
  # Such as 10s, 1m30s or 10.
  while [[ $rest =~ ^([0-9]{1,9})(ms|s|m|h|d|$) ]]; do
    rest=${rest#"${BASH_REMATCH[0]}"}
    case ${BASH_REMATCH[2]} in
      ms) ms=$((ms + 10#${BASH_REMATCH[1]})) ;;
      m) ms=$((ms + 10#${BASH_REMATCH[1]} * 60000)) ;;
      h) ms=$((ms + 10#${BASH_REMATCH[1]} * 3600000)) ;;
      d) ms=$((ms + 10#${BASH_REMATCH[1]} * 86400000)) ;;
      *) ms=$((ms + 10#${BASH_REMATCH[1]} * 1000)) ;;
    esac
  done
  # Weeks and more are longer than any drain.
  [[ -z $rest ]] && ((ms > 0 && ms < drain_within)) || return 0
  printf '%s\n' "nginx cuts the requests of old workers after $value (worker_shutdown_timeout), but the drain allows $((drain_within / 1000))s: raise worker_shutdown_timeout, or lower drain in deploy.bg"
}

# nginx_holds ADDRESS…: Succeeds if a file that nginx loads, other than this app's file, contains one of the addresses.
nginx_holds() {
  local said line file='' found=1 address ours
  said=$(nginx_as_root "$nginx_binary" -T -c "$nginx_config" 2>/dev/null) || {
    printf '%s\n' 'nginx cannot print its configuration, because it is broken: run nginx -t'
    return 2
  }
  ours=$(readlink -f -- "$nginx_file")
  while IFS= read -r line; do
    if [[ $line == '# configuration file '*: ]]; then
      file=${line#'# configuration file '} file=${file%:}
      continue
    fi
    [[ $file != "$nginx_file" && $file != "$ours" && ! $line =~ ^[[:space:]]*# ]] || continue
    for address; do
      # 127.0.0.1:80810 does not contain the address 127.0.0.1:8081.
      [[ $line == *"$address" || $line == *"$address"[!0-9]* ]] || continue
      printf '%s\n' "$file contains $address"
      found=0
      break 2
    done
  done <<<"$said"
  return "$found"
}

# nginx_as_root COMMAND…: Runs the command, with sudo if deploy.bg says `sudo`.
nginx_as_root() {
  command -- ${sudo[@]+"${sudo[@]}"} "$@"
}

# nginx_allowed: Fails and prints the line for sudoers if this user may not test or reload nginx.
nginx_allowed() {
  local binary said line
  ((EUID != 0)) || return 0
  binary=$(type -P -- "$nginx_binary")
  if ((${#sudo[@]} == 0)); then
    # If the master runs as root, another user cannot signal it and cannot open its log and pid file.
    [[ -O /proc/$nginx_master ]] && return 0
    ((${#nginx_test[@]} == 0 || ${#nginx_reload[@]} == 0)) || return 0
    said="$(id -un) may not test and reload nginx, which runs as root: write \`sudo\` in deploy.bg"
  else
    said=$(nginx_as_root "$nginx_binary" -t -c "$nginx_config" 2>&1)
    [[ $said == *sudo:* || $said == *'not allowed'* ]] || return 0
    said="$(id -un) may not run nginx by sudo -n"
  fi
  line="$(id -un) ALL=(root) NOPASSWD: $binary -t -c $nginx_config, $binary -T -c $nginx_config"
  if ((${#nginx_reload[@]})); then
    line+=", $(type -P -- "${nginx_reload[0]}") ${nginx_reload[*]:1}"
  elif [[ -d /run/systemd/system ]]; then
    line+=", $(type -P systemctl) reload nginx"
  else
    line+=", $binary -s reload -c $nginx_config"
  fi
  printf '%s\n' "$said, and add this line to sudoers: $line"
  return 1
}

# nginx_own_words TEXT: Prints nginx's error message in one line.
nginx_own_words() {
  local line
  line=$(grep -m 1 -E '\[(emerg|alert|crit|error)\]' <<<"$1") || line=${1//$'\n'/; }
  printf '%s\n' "${line#nginx: }"
}

# nginx_includes DUMP: Succeeds if DUMP, the output of `nginx -T`, contains the file, or would contain it if the file
# existed.
nginx_includes() {
  local pattern
  [[ $1 != *"# configuration file $nginx_file:"* ]] || return 0
  [[ ! -e $nginx_file ]] || {
    [[ $1 == *"# configuration file $(readlink -f -- "$nginx_file"):"* ]]
    return
  }
  while IFS= read -r pattern; do
    [[ $pattern == /* ]] || pattern=${nginx_config%/*}/$pattern
    # shellcheck disable=SC2053 # the right side is a pattern
    [[ $nginx_file != $pattern ]] || return 0
  done < <(sed -n -E 's/^([^#]*[;{[:space:]])?include[[:space:]]+"?([^";[:space:]]+)"?[[:space:]]*;.*/\2/p' <<<"$1")
  return 1
}

# nginx_find_master: Sets `nginx_pid_file`, and `nginx_master` to the pid of the running master. If none runs, fails and
# sets `why`.
nginx_find_master() {
  local kept=$state/nginx.pid-file found=no text='' said value
  nginx_pid_file=$nginx_pid
  if [[ -z $nginx_pid_file ]]; then
    { IFS= read -r -d '' text <"$nginx_config"; } 2>/dev/null || :
    if nginx_setting pid "$text"; then
      nginx_pid_file=$value
    else
      # A file that the configuration includes may name the pid file. nginx may take seconds to print its configuration,
      # and it prints nothing if the configuration is broken. So the result is saved. All functions except `preflight`
      # use the saved result as long as it leads to a running master.
      if [[ ${name-} != preflight ]]; then
        { read -r nginx_pid_file <"$kept"; } 2>/dev/null && nginx_read_master && return 0
      fi
      nginx_pid_file=/run/nginx.pid
      ! nginx_built_with pid-path || nginx_pid_file=$value
      if said=$(nginx_as_root "$nginx_binary" -T -c "$nginx_config" 2>/dev/null); then
        found=yes
        ! nginx_setting pid "$said" || nginx_pid_file=$value
      fi
    fi
    # nginx reads a relative path from its prefix.
    [[ $nginx_pid_file == /* ]] || ! nginx_built_with prefix || nginx_pid_file=${value%/}/$nginx_pid_file
    [[ $found == no ]] || printf '%s\n' "$nginx_pid_file" 2>/dev/null >"$kept" || :
  fi
  nginx_read_master
}

# nginx_built_with OPTION: Sets `value` to the value of this option of nginx's build. Fails if it was not given.
nginx_built_with() {
  local said
  said=$("$nginx_binary" -V 2>&1)
  [[ $said =~ --$1=([^[:space:]]+) ]] && value=${BASH_REMATCH[1]}
}

# nginx_setting NAME TEXT: Sets `value` to the value of a setting with one word in the configuration TEXT. Fails if TEXT
# does not contain it. Comments do not count.
nginx_setting() {
  local line text='' quote=$'["\']?' shape
  [[ $2 == *"$1"* ]] || return 1
  while IFS= read -r line; do
    text+=" ${line%%#*}"
  done <<<"$2"
  shape='[;{}[:space:]]'$1'[[:space:]]+'$quote$'([^;"\'[:space:]]+)'$quote'[[:space:]]*;'
  [[ ";$text" =~ $shape ]] || return 1
  value=${BASH_REMATCH[1]}
}

# nginx_is_alone [accepts]: Fails and sets `why` if a second master is there that accepts on the same sockets or may do so again, as
# during an unfinished binary upgrade (USR2, and perhaps WINCH). A second master keeps its configuration, even after the
# first one has reloaded. One that only waits for its last workers (QUIT) does no harm. With `accepts` only a master that
# accepts now counts: a way back must not fail because of one that may do so later.
nginx_is_alone() {
  local other worker all accepts stat_state stat_parent stat_session stat_start
  local -a other_masters children
  nginx_find_other_masters
  for other in ${other_masters[@]+"${other_masters[@]}"}; do
    all=0 accepts=0
    pid_children "$other"
    for worker in ${children[@]+"${children[@]}"}; do
      [[ $worker != "$nginx_master" ]] || continue
      all=$((all + 1))
      ! nginx_accepts "$worker" || accepts=$((accepts + 1))
    done
    if ((accepts == 0)); then
      # A worker that has just been started still has the master's title, and no children.
      [[ ${1-} != accepts && $all == 0 ]] || continue
      ! pid_stat "$other" || [[ $stat_parent != "$nginx_master" ]] || continue
    fi
    why="two masters of nginx accept requests, $nginx_master and $other: a binary upgrade is not finished. End one of them (\`kill -QUIT\`), then try again"
    ((accepts)) || why="a second master of nginx, $other, has no workers but holds the sockets of $nginx_master: a binary upgrade is not finished. End it (\`kill -QUIT $other\`), then try again"
    return 1
  done
}

# nginx_find_other_masters: Sets `other_masters` to the pids of the other masters. In a binary upgrade the new master is
# a child of the old one, and the old one's pid file has another name.
nginx_find_other_masters() {
  local pid stat_state stat_parent stat_session stat_start title
  local -a children
  other_masters=()
  { read -r pid <"$nginx_pid_file.oldbin"; } 2>/dev/null || pid=''
  pid_stat "$nginx_master" || stat_parent=''
  pid_children "$nginx_master"
  for pid in $pid $stat_parent ${children[@]+"${children[@]}"}; do
    title=''
    { IFS= read -r -d '' title <"/proc/$pid/cmdline"; } 2>/dev/null
    [[ $pid == "$nginx_master" || $title != *'nginx: master process'* ]] || other_masters+=("$pid")
  done
}

# nginx_add_workers_elsewhere: Adds the workers of other masters to `old`, as PID:START. They finish their requests with
# an earlier configuration, so they count in the drain.
nginx_add_workers_elsewhere() {
  local other worker stat_state stat_parent stat_session stat_start
  local -a other_masters children
  nginx_find_other_masters
  for other in ${other_masters[@]+"${other_masters[@]}"}; do
    pid_children "$other"
    for worker in ${children[@]+"${children[@]}"}; do
      [[ $worker == "$nginx_master" ]] || ! pid_stat "$worker" || old+=("$worker:$stat_start")
    done
  done
}

nginx_read_master() {
  local title=''
  nginx_master=''
  { read -r nginx_master <"$nginx_pid_file"; } 2>/dev/null
  if [[ ! $nginx_master =~ ^[0-9]+$ ]]; then
    why="nginx does not run: its pid file $nginx_pid_file is missing or empty; start nginx"
    return 1
  fi
  { IFS= read -r -d '' title <"/proc/$nginx_master/cmdline"; } 2>/dev/null
  [[ $title == *'nginx: master process'* ]] && return 0
  if [[ ! -e /proc/$nginx_master ]] && grep -qs '^[^ ]* /proc proc .*hidepid=[12i]' /proc/self/mounts; then
    why="$(id -un) cannot see nginx's master, process $nginx_master: /proc is mounted with hidepid; run this as root, or add $(id -un) to the group that the mount names (gid=)"
    return 1
  fi
  why="nginx does not run: its pid file $nginx_pid_file names process $nginx_master, which is gone or not nginx's master; start nginx"
  return 1
}

# nginx_read_generation: Sets `generation`: the master and its workers. If it fails, sets `why`.
nginx_read_generation() {
  local pid stat_state stat_parent stat_session stat_start
  local -a children
  if ! pid_stat "$nginx_master" || [[ $stat_state == [ZXx] ]]; then
    why='nginx ended just now; start it'
    return 1
  fi
  generation=("$nginx_master:$stat_start")
  pid_children "$nginx_master"
  for pid in ${children[@]+"${children[@]}"}; do
    if nginx_accepts "$pid" && pid_stat "$pid" && [[ $stat_state != [ZXx] ]]; then
      generation+=("$pid:$stat_start")
    fi
  done
}

# nginx_accepts PID: Succeeds if the process is a worker (not a cache manager) that was not told to end.
nginx_accepts() {
  local title=''
  { IFS= read -r -d '' title <"/proc/$1/cmdline"; } 2>/dev/null
  [[ $title == *'worker process'* && $title != *'shutting down'* ]]
}

# nginx_ask_reload: Asks nginx to reload: with the setting `reload`, or through systemd if nginx is one of its units.
# Otherwise it sends HUP, as `nginx -s reload` does. With sudo it runs that command, because sudoers can allow a command
# but not a signal.
nginx_ask_reload() {
  if ((${#nginx_reload[@]})); then
    nginx_as_root "${nginx_reload[@]}"
  elif [[ -d /run/systemd/system && $(systemctl show --property=MainPID nginx.service 2>/dev/null) == "MainPID=$nginx_master" ]]; then
    nginx_as_root systemctl reload nginx
  elif ((${#sudo[@]} == 0)); then
    kill -HUP "$nginx_master"
  else
    nginx_as_root "$nginx_binary" -s reload -c "$nginx_config"
  fi
}

# nginx_is_old WORKER: Succeeds if the worker is in `old`.
nginx_is_old() {
  [[ " ${old[*]-} " == *" $1 "* ]]
}

# nginx_watch_overlap: Sets `most` to the number of workers that accept now, if it is the highest so far and one of them
# is new.
nginx_watch_overlap() {
  local worker
  ((${#generation[@]} - 1 > most)) || return 0
  for worker in "${generation[@]:1}"; do
    if ! nginx_is_old "$worker"; then
      most=$((${#generation[@]} - 1))
      return
    fi
  done
}

# nginx_find_open_files: Sets `open_files` to the master's descriptors other than sockets, such as `,0,1,2,5,`. It is
# empty if this user may not see them.
nginx_find_open_files() {
  local file
  open_files=','
  for file in "/proc/$nginx_master/fd/"*; do
    [[ ! -e $file || -S $file ]] || open_files+=${file##*/},
  done
  [[ $open_files != , ]] || open_files=''
}

# nginx_has_closed_a_file: Succeeds if the master has closed a file that was open before the reload. It does this only
# when the new configuration is in force. During the attempt and after a failure it keeps the old files open.
nginx_has_closed_a_file() {
  local open_files file
  [[ $files != - ]] || return 1
  nginx_find_open_files
  [[ -n $open_files ]] || return 1
  for file in ${files//,/ }; do
    [[ $open_files == *",$file,"* ]] || return 0
  done
  return 1
}

# nginx_judge: Returns 0 if a newer generation is in force. Otherwise sets `why`, and returns 1 for "not yet" or 2 for
# "never".
nginx_judge() {
  local worker new=0
  nginx_read_master && nginx_read_generation || return 2
  if [[ ${generation[0]} != "${wanted[0]}" ]]; then
    why="nginx was restarted meanwhile: its master was process ${wanted[0]%:*} and is $nginx_master now"
    return 2
  fi
  nginx_watch_overlap
  for worker in "${generation[@]:1}"; do
    if nginx_is_old "$worker"; then
      why="worker ${worker%:*} of nginx still uses the configuration from before the reload (its error log tells why: often a port that is taken)"
      return 1
    fi
    new=$((new + 1))
  done
  if ((new == 0)); then
    why='nginx has no worker: its error log tells why'
    return 1
  fi
  # A worker of the snapshot may have been missing when the reload was requested. So `most` must be at least the length
  # of the snapshot (its workers plus one). After a second reload (`again`) this is not required, because the first
  # reload may have loaded a configuration with fewer workers.
  if ((most > workers && most > 1)) && { [[ $again == yes ]] || ((most >= ${#wanted[@]})); }; then
    return 0
  fi
  ! nginx_has_closed_a_file || return 0
  why='the new workers of nginx did not come from this reload: the old ones had ended before (its error log tells why)'
  return 1
}

# The end of deployc-runtime.
