# ---- actions that end something: a color, a command ---------------------------------------------------

# do_gates SIDE: L1 for a color that is there already, by the script of its release. Of one that the script did not start only the answers
# are known, to this script's probes.
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

failing_colors='' # that were seen not to pass their gates

# ask_gates SIDE
ask_gates() {
  local gate code=0
  [[ $1 == old ]] || ! release_of "$to" || side_release=$found_release
  if [[ -n $side_release && -d $side_release ]]; then
    ask_release_or_tell "$side_release" gate 'does not pass its probes'
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

# do_start_missing SIDE [overlap]: by the script of that color's release. What somebody else started is not started by this script.
do_start_missing() {
  local value
  color_of_side "$1"
  [[ -n $side_release && -d $side_release ]] || return 0
  # What was adopted has no artifact.
  ! meta adopted "$side_release" || return 0
  of_release "$side_release" start_missing "${2-}" || {
    ! asked_to_stop || return 143
    fail_with "$side_color does not start: $answer"
  }
}

# do_drain SIDE: until nothing of before the last reload is answered by it any more, at most as long as deploy.bg says.
do_drain() {
  local until value
  color_of_side "$1"
  [[ -n $side_color && -n ${journal[draining]} && ${journal[boot]} == "$boot" ]] || return 0
  now
  number "${journal[switched]}" "$now_ms"
  until=$((value + drain_within))
  while :; do
    ask_switch draining "${journal[draining]}" "$side_color"
    # Only a clear no is one: a driver that did not answer in time has not said that nothing is left.
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

# do_stop SIDE [exclusive]: only after L2 was asked again.
do_stop() {
  color_of_side "$1"
  [[ -n $side_release && -d $side_release ]] || {
    [[ $1 == new ]] || say_not_ours
    return 0
  }
  # It ran before this rollback, perhaps with requests to finish; it goes on as it was.
  [[ $1 == old || ${journal[warm]} != yes ]] || return 0
  # A release without one was never started.
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
      fail_with "somebody pointed the proxy at $to while it was being prepared: write ${from:-the earlier color}'s fragment back by hand and reload the proxy, then run any command of this script again"
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

# keep_failed: a failed release stays to be looked at. One that was good before is not made bad by a failed rollback.
keep_failed() {
  [[ ${journal[kind]} == rollback || $command == abort || ! -d $candidate ]] || point failed "$candidate"
}

# say_not_ours: on the ports of the previous color something that this script did not start still runs.
say_not_ours() {
  known_color "$from" && answers_somewhere "$from" || return 0
  if [[ -n $old_release ]]; then
    warn "$from was stopped, but a program that this script did not start still listens on its port: stop it by hand"
  else
    warn "$from was not started by this script and keeps running: stop it by hand"
  fi
}

# answers_somewhere COLOR: whether anybody listens on one of its ports.
answers_somewhere() {
  local name
  for name in "${services[@]}"; do
    ! at "$1" "$name" own_port_listens || return 0
  done
  return 1
}

# own_port_listens: somebody has the place of the service at hand; of one without a port: somebody answers at its address.
own_port_listens() {
  if [[ -n $port ]]; then
    port_listens "$port"
  else
    [[ -n $address ]] && bounded "${deadline["switch.dial"]}" dial_from_host "$address" >/dev/null 2>&1
  fi
}

# do_persist_off SIDE: a color that is stopped, or only kept warm, does not come up after a boot.
do_persist_off() {
  color_of_side "$1"
  [[ -n $side_release && -f $side_release/meta ]] || return 0
  [[ $1 == old || ${journal[warm]} != yes ]] || return 0
  of_release "$side_release" persist off || fail_with "$side_color may come back after a reboot: $answer"
}

# do_close_journal: pointers that a commit of this process could not write are written first, or the journal goes on to say where they lead.
do_close_journal() {
  [[ $pointers_follow == yes ]] || finish_commit || return
  pointers_follow=yes
  closed_release=$candidate
  take_up_pending
}

closed_release='' # what this command was about, for the user's last steps

# do_record ok|failed: a line of the history, and what the user's last steps are told. The history knows what a failure has come to:
# refused (nothing was changed), went-back (users had the new color) or failed.
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

# do_user new PLACE.NUMBER: a step of the user's; its output is shown while it runs.
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

# do_sweep: removes what nobody needs, for at most a minute; the rest goes the next time.
do_sweep() {
  local folder until
  local -a swept
  # What was put off has a release that no pointer names.
  [[ ! -f $state/journal.pending ]] || return 0
  now
  until=$((now_ms + deadline["sweep"]))
  find_swept
  for folder in ${swept[@]+"${swept[@]}"}; do
    now
    ((now_ms < until)) || return 0
    remove_release "$folder" $((until - now_ms))
  done
  sweep_runtimes
}

# sweep_runtimes: those that no release, not what `resume` runs after a boot, and not this script was made with.
sweep_runtimes() {
  local file
  for file in "$state"/runtimes/*; do
    [[ -f $file && ${file##*/} != "$runtime" ]] || continue
    grep -qsxF "runtime=${file##*/}" "$state"/releases/*/script "$state/resume" || rm -f "$file"
  done
}
