# ---- the way back ------------------------------------------------------------------------------

# go_back: to what served before, from wherever the journal says. Sets `exit_code` and `served`.
go_back() {
  shielded=yes
  interrupted=''
  case ${journal[phase]} in
    preparing | prepared)
      step drop_candidate || :
      tell_served
      ;;
    swapping) swap_back ;;
    *) tell_served ;;
  esac
  leave_proxy_mutex
  shielded=no
}

# tell_served: sets `served`.
tell_served() {
  read_live
  case $live_state in
    # It may be down; what was not seen to serve is not said to.
    color)
      served=$live
      if [[ $live_passes == no ]]; then
        served="nothing that passes \`verify\`"
      elif [[ $live_passes == unknown ]] && live_is_dead; then
        served="nothing that runs"
      fi
      ;;
    none) served=nothing ;;
    *) served="what the proxy was told last (its files: ${live_why:-$live_state})" ;;
  esac
}

# swap_back: the previous color if it passes its gates, else the new one if it does, else nothing is touched.
swap_back() {
  local cause=$reason was=$exit_code
  from=${journal[from]}
  to=${journal[to]}
  group_begins "way back to ${from:-nothing}"
  revive "$from"
  reason=''
  if [[ -z $from ]] || step passes_again "$from"; then
    reason=''
    if step point_back; then
      served=${from:-nothing}
      if [[ -z ${journal[handed]} ]] || step restart_exclusive; then
        let_go_of_new "$cause"
        exit_code=$was
      else
        exit_code=5
        reason="$cause; and on the way back: $reason. $to is left as it is: run any command of this script to try again"
      fi
      group_ends
      return
    fi
    exit_code=5
    read_live
    served="unknown: the proxy's files route to ${live:-$live_state}, and what is in force could not be seen"
    reason="$cause; and on the way back: $reason. Both colors run and neither is touched: put the proxy right, then run any command of this script again"
  elif [[ $from != "$to" ]] && revive "$to" overlap && step passes_again "$to"; then
    stay_on_new "$cause"
  else
    exit_code=5
    served='nothing that passes its probes'
    reason="$cause; neither $from nor $to passes its probes, so nothing was touched: start one of them, or let \`resume\` do it"
  fi
  group_ends
}

# let_go_of_new CAUSE: the previous color serves again; the new one is drained and stopped.
let_go_of_new() {
  if [[ ${journal[kind]} == adopt ]]; then
    reason=$1
    drop_adopted
    return
  fi
  # Its old phase would keep the new color from being stopped; a run that finds it on a full disk goes back once more.
  now
  journal[switched]=$now_ms
  write_journal preparing || journal[phase]=preparing
  reason=$1
  drain_dropped
  step drop_candidate || :
}

# passes_again COLOR: L1 for the way back. A color that the script did not start is asked with this script's probes.
passes_again() {
  local held=$release to=$to
  if release_of "$1" && [[ $found_release != "$candidate" || $1 == "$to" ]]; then
    of_release "$found_release" gate && return 0
    warn "$1 does not pass: $answer"
    return 1
  fi
  release=$state/none
  load_inputs
  # It is the one that the gates ask.
  to=$1
  use "$1"
  at_mode=gates unmanaged=yes
  prepare_steps
  local code=$?
  at_mode=run unmanaged=no
  release=$held
  return "$code"
}

# point_back: the previous fragment, or none if there was none, written, tested, reloaded, confirmed.
point_back() {
  local before=${journal[snapshot]} asked=$reload_asked
  on_disk=no
  enter_proxy_mutex || return
  ask_switch snapshot || {
    fail_with "the proxy is not running: $answer"
    return
  }
  journal[snapshot]=$answer
  if [[ -n $from ]]; then
    ask_switch write "$candidate/way-back" || {
      fail_with "the fragment cannot be written: $answer"
      return
    }
    put_in_force swap
  else
    put_in_force remove
  fi || {
    # What this process never asked the proxy to load, and what nobody else made it load, is not in force: the files are back.
    [[ $asked == no && $reload_asked == no && ${journal[snapshot]} == "$before" && $on_disk == yes ]] || return
    warn "$reason; it is not of this deployment's making: put it right"
    reason=''
  }
  leave_proxy_mutex
}

# stay_on_new CAUSE: the previous color is gone; the new one serves, whatever failed.
stay_on_new() {
  local found_release needed
  reason=''
  if enter_proxy_mutex && ask_switch snapshot && journal[snapshot]=$answer \
    && ask_switch write "$candidate/fragment" && put_in_force swap && leave_proxy_mutex; then
    served=$to
    # What may run only once belongs to what serves.
    exclusives
    if { [[ $needed == no ]] || hand_over_all; } && commit; then
      reason="$1; $from does not pass its probes any more, so $to stays live: look at both"
    else
      reason="$1; $from does not pass its probes any more, so $to stays live, but: $reason"
    fi
  else
    served=unknown
    reason="$1; $from does not pass its probes any more, and $to could not be put in force: ${reason:-$answer}"
  fi
  exit_code=5
}

# restart_exclusive: a service that had been handed over, or was about to be, runs in the previous color again. What still runs there
# may have been told to end.
restart_exclusive() {
  local found_release
  [[ -n ${journal[handed]} && -n $from ]] && release_of "$from" || return 0
  # Two of what must run once are worse than none.
  if ! { of_release "$candidate" stop_exclusive && of_release "$found_release" stop_exclusive && of_release "$found_release" start_missing; }; then
    fail_with "the services that may run only once do not run in $from again: $answer"
  fi
}

# revive COLOR [overlap]: after a reboot it is down; it is started as it was. `resume` is asked for just that.
revive() {
  local found_release value
  [[ ${journal[boot]} != "$boot" || $command == resume ]] && [[ -n $1 ]] && release_of "$1" || return 0
  # What was adopted has no artifact.
  ! meta adopted "$found_release" || return 0
  of_release "$found_release" start_missing ${2+"$2"} || warn "$1 does not start: $answer"
}
