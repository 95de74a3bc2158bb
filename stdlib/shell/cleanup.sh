# ---- cleanup: never back; traffic is on a good color -------------------------------------------

# clean_up: drains and stops the previous color. What cannot be finished is left to the next run and said.
clean_up() {
  from=${journal[from]}
  to=${journal[to]}
  if [[ ${journal[phase]} != switched ]]; then
    say 'nothing is left to clean up'
    return 0
  fi
  use_release "$candidate" "$to"
  group_begins "cleanup of ${from:-nothing}"
  if finish_commit && cleanup_steps; then
    forget_journal
    sweep_releases
  else
    warn "cleanup is not finished: ${reason:-stopped by $interrupted}; the next command of this script goes on with it"
    reason=''
    interrupted=''
  fi
  group_ends
}

# drain: the previous color's.
drain() { drain_color "$from"; }

# drain_color COLOR: until nothing of before the last reload is answered by it any more, at most as long as deploy.bg says.
drain_color() {
  local until value
  [[ -n ${journal[draining]} && ${journal[boot]} == "$boot" ]] || return 0
  now
  number "${journal[switched]}" "$now_ms"
  until=$((value + drain_within))
  while :; do
    ask_switch draining "${journal[draining]}" "$1"
    # Only a clear no is one: a driver that did not answer in time has not said that nothing is left.
    (($? != 1)) || return 0
    now
    if ((now_ms >= until)); then
      say "  the drain's time is over: $answer"
      return 0
    fi
    if [[ ${journal[phase]} == switched ]] && preempted; then
      fail_with 'a rollback asked for the previous color'
      return
    fi
    pause 100 || return
  done
}

# stop_previous: only after L2 was asked again.
stop_previous() {
  local found_release
  [[ -n $from ]] || return 0
  if [[ -z ${journal[previous]} ]]; then
    ! known_color "$from" || ! answers_somewhere "$from" || warn "$from was not started by this script and runs on: stop it by hand"
    return 0
  fi
  found_release=$state/releases/${journal[previous]}
  [[ -d $found_release ]] || return 0
  stop_release "$found_release" || {
    fail_with "$from could not be stopped: $answer"
    return
  }
  # It may have died before and been started by hand.
  ! known_color "$from" || ! answers_somewhere "$from" || warn "$from was stopped, and something that this script did not start still listens on its port: stop it by hand"
  of_release "$found_release" persist off || warn "$from may come back after a reboot: $answer"
}

# answers_somewhere COLOR: whether anybody listens on one of its ports.
answers_somewhere() {
  local name
  for name in "${services[@]}"; do
    use "$1" "$name"
    [[ -z $port ]] || ! port_listens "$port" || return 0
  done
  return 1
}
