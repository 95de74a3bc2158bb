# ---- switch: the proxy is pointed at the new color; goes back until `commit` --------------------

# take_up_reservation: the color that `prepare` left for this deployment.
take_up_reservation() {
  if [[ ${journal[phase]} != prepared ]]; then
    exit_code=2
    fail_with "nothing is prepared for deployment $deployment: run prepare first"
    return
  fi
  from=${journal[from]}
  to=${journal[to]}
  use_release "$candidate" "$to"
}

# switch_over: from the prepared color to the live one.
switch_over() {
  group_begins "switch $app from ${from:-nothing} to $to"
  step test_as_it_is || return
  switch_steps || return
  group_ends
}

# test_as_it_is: a configuration that another site broke is told apart from ours.
test_as_it_is() {
  ask_switch test && return 0
  exit_code=3
  fail_with "the proxy's configuration is broken as it is, before anything was changed: $answer"
}

# verify_as_it_is: the live color must pass `verify` now, or the question itself may be wrong (a redirect,
# another site's answer): better found before anything starts.
verify_as_it_is() {
  local name
  [[ $live_state == color ]] || return 0
  release=${live_release:-$state/none}
  load_inputs
  known_color "$live" || return 0
  use "$live"
  for name in ${verifies[@]+"${verifies[@]}"}; do
    run_verify_once "$name" && continue
    if [[ $probe_failure == redirect ]]; then
      exit_code=3
      fail_with "$name does not pass on the live color as it is: $probe_said. Nothing was started; ask the URL that is meant"
      return
    fi
    warn "$name does not pass on the live color $live as it is: $probe_said"
  done
}

# known_color COLOR: whether it is one of this script's.
known_color() {
  local name
  for name in "${colors[@]}"; do
    [[ $name != "$1" ]] || return 0
  done
  return 1
}

# swap: journalled, one rename, tested, reloaded, and seen to be in force.
swap() {
  local name
  read_live
  if [[ $live_state != color && $live_state != none ]] || [[ $live != "$from" ]]; then
    fail_with "the proxy's files changed meanwhile: ${from:-nothing} was live, now it is ${live:-$live_state} ${live_why}"
    return
  fi
  for name in "${services[@]}"; do
    use "$to" "$name"
    ask_run persist on || {
      fail_with "$name of $to cannot be made to survive a reboot: $answer"
      return
    }
  done
  keep_resuming || return
  save_way_back || return
  enter_proxy_mutex || return
  ask_switch snapshot || {
    fail_with "the proxy is not running: $answer"
    return
  }
  journal[snapshot]=$answer
  ask_switch write "$candidate/fragment" || {
    fail_with "the fragment cannot be written, nothing was changed: $answer"
    return
  }
  write_journal swapping || return
  put_in_force && leave_proxy_mutex
}

# save_way_back: what the proxy's file says now, as the way back will write it.
save_way_back() {
  [[ -n $from ]] || return 0
  if [[ -n $live_release ]]; then
    cp "$live_release/fragment" "$candidate/way-back"
  else
    fragment "$from" >"$candidate/way-back"
  fi || fail_with "cannot write to $candidate: is the disk full?"
}

# put_in_force: the candidate that `write` left becomes the proxy's configuration.
put_in_force() {
  ask_switch swap || {
    fail_with "the fragment cannot be put in place: $answer"
    return
  }
  ask_switch test || {
    fail_with "the proxy does not accept the new configuration: $answer"
    return
  }
  ask_switch reload || {
    fail_with "the proxy did not reload: $answer"
    return
  }
  ask_switch confirm "${journal[snapshot]}" || fail_with "the reload is not in force: $answer"
}

# verify NAME back|warn: asked through the proxy; every service of the color stays alive meanwhile.
verify() {
  use "$to"
  run_verify "$1" && return 0
  [[ $2 == warn ]] || return 1
  warn "$1: $reason"
  reason=''
}

# hand_over SERVICE: what may run only once: the old one stops, then the new one starts and stays alive.
hand_over() {
  local found_release
  if [[ -n $from ]] && release_of "$from"; then
    of_release "$found_release" stop_service "$1" || {
      fail_with "$1 of $from did not stop: $answer"
      return
    }
  fi
  use "$to" "$1"
  ask_run start || {
    fail_with "$1 of $to did not start: $answer"
    return
  }
  pause 2000 || return
  color_alive || fail_with "$1 of $to ended right after its start: $answer"
}

# commit: from here the new color is what serves, and nothing goes back by itself.
commit() {
  journal[previous]=''
  ! previous_of_from || journal[previous]=${found_release##*/}
  now
  journal[switched]=$now_ms
  write_journal switched || return
  finish_commit || return
  say "  $to is live"
}

# previous_of_from: sets `found_release`: what served until now.
previous_of_from() {
  [[ -n $from ]] && release_of "$from"
}

# finish_commit: the pointers follow the journal; safe to repeat.
finish_commit() {
  point "colors/${journal[to]}" "$candidate" || {
    fail_with "cannot write to $state: is the disk full?"
    return
  }
  if [[ -n ${journal[previous]} ]]; then
    point previous "$state/releases/${journal[previous]}"
  fi
  [[ ! -L $state/failed ]] || [[ $(readlink -f "$state/failed") != "$candidate" ]] || rm -f "$state/failed"
}

# ---- the way back ------------------------------------------------------------------------------

# go_back: to what served before, from wherever the journal says. Sets `exit_code` and `served`.
go_back() {
  shielded=yes
  interrupted=''
  case ${journal[phase]} in
    preparing | prepared)
      step drop_candidate || :
      read_live
      served=${live:-nothing}
      ;;
    swapping) swap_back ;;
    *)
      read_live
      served=${live:-nothing}
      ;;
  esac
  shielded=no
}

# swap_back: the previous color if it passes its gates, else the new one if it does, else nothing is touched.
swap_back() {
  local cause=$reason was=$exit_code
  from=${journal[from]}
  to=${journal[to]}
  group_begins "way back to ${from:-nothing}"
  revive_previous
  reason=''
  if [[ -z $from ]] || step passes_again "$from"; then
    reason=''
    if step point_back; then
      write_journal preparing || :
      step restart_exclusive || warn "$reason"
      reason=$cause
      exit_code=$was
      step drop_candidate || :
      served=${from:-nothing}
      group_ends
      return
    fi
    exit_code=5
    served="unknown: $from was written to the proxy's files, but it is not in force"
    reason="$cause; and on the way back: $reason. Both colors run and neither is touched: put the proxy right, then run any command of this script again"
  elif step passes_again "$to"; then
    stay_on_new "$cause"
  else
    exit_code=5
    served='nothing that passes its probes'
    reason="$cause; neither $from nor $to passes its probes, so nothing was touched: bring one of them up, then run any command of this script again"
  fi
  group_ends
}

# passes_again COLOR: L1 for the way back. A color that the script did not start is asked with this script's probes.
passes_again() {
  local held=$release
  if release_of "$1" && [[ $found_release != "$candidate" || $1 == "$to" ]]; then
    of_release "$found_release" gate && return 0
    warn "$1 does not pass: $answer"
    return 1
  fi
  release=$state/none
  load_inputs
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
    put_in_force || return
  else
    ask_switch restore || {
      fail_with "the fragment cannot be taken away: $answer"
      return
    }
    # Without a fragment the configuration may be as invalid as it was before the first deployment.
    if ask_switch test; then
      ask_switch reload && ask_switch confirm "${journal[snapshot]}" || {
        fail_with "the proxy did not take the fragment's removal: $answer"
        return
      }
    fi
  fi
  leave_proxy_mutex
}

# stay_on_new CAUSE: the previous color is gone; the new one serves, whatever failed.
stay_on_new() {
  reason=''
  if enter_proxy_mutex && ask_switch snapshot && journal[snapshot]=$answer \
    && ask_switch write "$candidate/fragment" && put_in_force && leave_proxy_mutex && commit; then
    served=$to
    reason="$1; $from does not pass its probes any more, so $to stays live: look at both"
  else
    served=unknown
    reason="$1; $from does not pass its probes any more, and $to could not be put in force: ${reason:-$answer}"
  fi
  exit_code=5
}

# restart_exclusive: a service that had been handed over runs in the previous color again.
restart_exclusive() {
  local found_release
  [[ -n $from ]] && release_of "$from" || return 0
  of_release "$found_release" alive && return 0
  of_release "$candidate" stop_exclusive || :
  of_release "$found_release" start_missing || fail_with "$answer"
}

# revive_previous: after a reboot the previous color is down; it is started as it was.
revive_previous() {
  local found_release
  [[ ${journal[boot]} != "$boot" && -n $from ]] && release_of "$from" || return 0
  of_release "$found_release" alive || of_release "$found_release" start || warn "$from does not start: $answer"
}
