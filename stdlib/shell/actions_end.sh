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
