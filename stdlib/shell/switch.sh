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

# test_as_it_is: a configuration that another site broke is told apart from ours, unless this process has just tested it.
test_as_it_is() {
  now
  ((tested_ms == 0 || now_ms - tested_ms >= 10000)) || return 0
  ask_switch test || {
    exit_code=3
    fail_with "the proxy's configuration is broken as it is, before anything was changed: $answer"
    return
  }
  now
  tested_ms=$now_ms
}

live_passes=unknown # whether the live color passed `verify` before this process began anything

# verify_as_it_is: the live color must pass `verify` now, or the question itself may be wrong (a redirect,
# another site's answer): better found before anything starts.
verify_as_it_is() {
  local name
  [[ $live_state == color ]] || return 0
  release=${live_release:-$state/none}
  load_inputs
  known_color "$live" || return 0
  use "$live"
  ((${#verifies[@]} == 0)) || live_passes=yes
  for name in ${verifies[@]+"${verifies[@]}"}; do
    run_verify_once "$name" && continue
    ! asked_to_stop || return 1
    if [[ $probe_failure == redirect ]]; then
      exit_code=3
      fail_with "${name//_/ } does not pass on the live color as it is: $probe_said. Nothing was started; ask the URL that is meant"
      return
    fi
    live_passes=no
    warn "${name//_/ } does not pass on the live color $live as it is: $probe_said"
  done
}

# swap: journalled, one rename, tested, reloaded, and seen to be in force.
swap() {
  read_live
  if [[ $live_state != color && $live_state != none ]] || [[ $live != "$from" ]]; then
    fail_with "the proxy's files changed meanwhile: ${from:-nothing} was live, now it is ${live:-$live_state} ${live_why}"
    return
  fi
  survive_reboot || return
  save_way_back || return
  swap_to_candidate
}

# swap_to_candidate: the release's fragment, written beside the real one before the journal says that the swap begins.
swap_to_candidate() {
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
  put_in_force swap && leave_proxy_mutex
}

# survive_reboot: the new color comes up after a boot, before anything routes to it.
survive_reboot() {
  local name
  for name in "${services[@]}"; do
    use "$to" "$name"
    ask_run_if_able persist on || {
      fail_with "$name of $to cannot be made to survive a reboot: $answer"
      return
    }
  done
  keep_resuming
}

# save_way_back: what the proxy's file says now, as the way back will write it. As a rule `prepare` has saved it, and nothing has changed.
save_way_back() {
  local text='' saved=''
  [[ -n $from ]] || return 0
  if [[ -n $live_release ]]; then
    IFS= read -r -d '' text 2>/dev/null <"$live_release/fragment" || :
    IFS= read -r -d '' saved 2>/dev/null <"$candidate/way-back" || :
    [[ -z $text || $saved != "$text" ]] || return 0
    bounded "${deadline[journal]}" copy_synced "$live_release/fragment" "$candidate/way-back"
  else
    fragment "$from" >"$candidate/way-back" && sync_path "$candidate/way-back"
  fi || fail_with "cannot write to $candidate: is the disk full?"
}

reload_asked=no # whether this process has asked the proxy to load what is on the disk
on_disk=no      # whether the last `put_in_force` came as far as the files

# put_in_force swap|remove: the candidate that `write` left, or no fragment, becomes the proxy's configuration.
put_in_force() {
  on_disk=no
  ask_switch "$1" || {
    fail_with "the fragment cannot be put in place: $answer"
    return
  }
  on_disk=yes
  ask_switch test || {
    fail_with "the proxy does not accept the configuration: $answer"
    return
  }
  reload_asked=yes
  ask_switch reload || {
    fail_with "the proxy did not reload: $answer"
    return
  }
  journal[draining]=${answer:-${journal[snapshot]}}
  journal[boot]=$boot
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
  begin_hand_over || return
  if [[ -n $from ]] && release_of "$from"; then
    of_release "$found_release" stop_service "$1" || {
      fail_with "$1 of $from did not stop: $answer"
      return
    }
  fi
  of_release "$candidate" start_service "$1" || {
    fail_with "$1 of $to did not start: $answer"
    return
  }
  pause 2000 || return
  use "$to" "$1"
  color_alive || fail_with "$1 of $to ended right after its start: $answer"
}

# begin_hand_over: whoever goes back from here must start what is stopped now.
begin_hand_over() {
  [[ -z ${journal[handed]} ]] || return 0
  journal[handed]=yes
  write_journal swapping
}

# commit: from here the new color is what serves, and nothing goes back by itself.
commit() {
  case $at_mode in
    plan) say '  commit' ;;
    run) write_commit ;;
    *) ;;
  esac
}

write_commit() {
  journal[previous]=''
  ! previous_of_from || journal[previous]=${found_release##*/}
  now
  journal[switched]=$now_ms
  write_switched || return
  # Whatever comes now, the new color is what serves; pointers that could not be written are made up for by the next run.
  finish_commit || warn_step
  say "  $to is live"
}

# write_switched: a signal in the middle would leave it open which color this is about.
write_switched() {
  local code shielded_before=$shielded
  if asked_to_stop; then
    fail_with "stopped by $interrupted"
    return
  fi
  shielded=yes
  write_journal switched
  code=$?
  # A way back that ends here, on the new color, goes on undisturbed.
  shielded=$shielded_before
  return "$code"
}

# previous_of_from: sets `found_release`: what served until now.
previous_of_from() {
  [[ -n $from ]] && release_of "$from"
}

# point_all: the pointers, as the journal says.
point_all() {
  point "colors/${journal[to]}" "$candidate" && point live "$candidate" || return
  [[ -z ${journal[previous]} ]] || point previous "$state/releases/${journal[previous]}"
}

# finish_commit: the pointers follow the journal; safe to repeat.
finish_commit() {
  bounded "${deadline[journal]}" point_all || {
    fail_with "cannot write to $state: is the disk full?"
    return
  }
  # What an `adopt` has put off is still to be done.
  [[ ${journal[kind]} != adopt ]] || return 0
  [[ ! -L $state/failed && ! -f $state/journal.pending ]] || rm -f "$state/failed" "$state/journal.pending"
}
