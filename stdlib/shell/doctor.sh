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
