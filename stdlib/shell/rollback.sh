# ---- abort, rollback, resume -------------------------------------------------------------------

# abort: a prepared color is stopped; users saw nothing of it.
abort() {
  if [[ ${journal[phase]} != prepared ]]; then
    say 'nothing is prepared: nothing to abort'
    return 0
  fi
  group_begins "abort of deployment ${journal[deployment]}"
  step drop_candidate || {
    fail_with 'the prepared color could not be stopped: see above'
    return
  }
  group_ends
}

# choose_previous: sets `from` and `to` for the way back to what served before the live color.
choose_previous() {
  local value
  know_live || return
  from=$live
  exit_code=3
  previous_release || {
    fail_with 'there is no earlier release to go back to'
    return
  }
  candidate=$found_release
  if meta adopted "$candidate" && ! of_release "$candidate" alive; then
    fail_with "the earlier release ${candidate##*/} was adopted, and has no artifact to be started from: deploy the version that is wanted"
    return
  fi
  meta color "$candidate"
  to=$value
  if [[ $to == "$from" || $candidate == "$live_release" ]]; then
    fail_with "the earlier release ${candidate##*/} is in the live color $live: nothing to go back to"
    return
  fi
  exit_code=1
  use_release "$candidate" "$to"
  say "  from ${from:-nothing} back to $to, release ${candidate##*/} of $(release_time "$candidate")"
}

# release_time RELEASE: when it was made.
release_time() {
  local value
  meta created "$1"
  printf '%s' "$value"
}

# prepare_previous: the earlier release runs (it may have been drained and stopped) and passes its own gates.
prepare_previous() {
  group_begins "rollback of $app (deployment $deployment)"
  step choose_previous || {
    candidate=''
    return 1
  }
  put_off_journal || return
  begin_journal rollback
  # Whether it ran before decides whether it may be stopped again: only a clear answer is one.
  of_release "$candidate" running overlap
  case $? in
    0) journal[warm]=yes ;;
    1) journal[warm]=no ;;
    *)
      candidate=''
      fail_with "cannot tell whether release ${release##*/} still runs: $answer"
      return
      ;;
  esac
  write_journal preparing || return
  step bring_up_previous || return
  step previous_passes || return
  group_ends
}

bring_up_previous() {
  of_release "$candidate" start_missing overlap || fail_with "release ${candidate##*/} does not start: $answer"
}

previous_passes() {
  of_release "$candidate" gate || fail_with "release ${candidate##*/} does not pass its probes: $answer"
}

# switch_to_previous: through the same swap, verify and commit as a deployment.
switch_to_previous() {
  local found_release needed
  group_begins "switch $app from ${from:-nothing} back to $to"
  step test_as_it_is || return
  step swap || return
  verify_previous || return
  exclusives
  [[ $needed == no ]] || step hand_over_all || return
  step commit || return
  group_ends
}

# exclusives: sets `needed`, whether a service of one of both releases may run only once: which they have is theirs to know. Empty: one
# did not answer.
exclusives() {
  local one
  found_release='' needed=no
  [[ -z $from ]] || release_of "$from" || :
  for one in "$candidate" ${found_release:+"$found_release"}; do
    of_release "$one" has_exclusive
    case $? in
      0) needed=yes ;;
      1) ;;
      *)
        needed='' answer="cannot tell which services of release ${one##*/} may run only once: $answer"
        return
        ;;
    esac
  done
}

# hand_over_all: what `exclusives` found, by the scripts of both releases.
hand_over_all() {
  [[ -n $needed ]] || {
    fail_with "$answer"
    return
  }
  begin_hand_over || return
  [[ -z $found_release ]] || of_release "$found_release" stop_exclusive || {
    fail_with "the workers of $from did not stop: $answer"
    return
  }
  of_release "$candidate" start_exclusive || {
    fail_with "the workers of $to did not start: $answer"
    return
  }
  pause 2000 || return
  of_release "$candidate" alive || fail_with "the workers of $to ended right after their start: $answer"
}

# verify_previous: what deploy.bg asks through the proxy after a switch, in its order.
verify_previous() {
  local code
  known_color "$to" || return 0
  at_mode=verifies
  switch_steps
  code=$?
  at_mode=run
  return "$code"
}

# resume: after a boot the live color runs again, whatever ran when the host went down.
resume() {
  group_begins "resume of $app"
  step resume_live || {
    if asked_to_stop && ((exit_code == 5)); then
      # Nothing has failed: what was started goes on, and the next `resume` starts the rest.
      exit_code=1
      served="what runs of $live"
    fi
    return 1
  }
  group_ends
}

resume_live() {
  know_live || return
  if [[ $live_state == none ]]; then
    say '  nothing is live: nothing to bring up'
    return 0
  fi
  if [[ -z $live_release ]]; then
    exit_code=3
    fail_with "$live is live, but this script did not start it and cannot bring it up"
    return
  fi
  candidate=''
  exit_code=5
  of_release "$live_release" start_missing || {
    served=nothing
    fail_with "$live does not start: $answer"
    return
  }
  of_release "$live_release" gate || {
    served="$live, which does not pass its probes"
    fail_with "$live was started but does not pass its probes: $answer"
    return
  }
  exit_code=1
  to=$live
}

# keep_resuming: on a host with systemd a unit brings the live color up after a boot.
keep_resuming() {
  local unit=/etc/systemd/system/deployc-$app.service
  ((EUID == 0)) && [[ -d /run/systemd/system ]] || return 0
  if ! { cmp -s "$candidate/script" "$state/resume" || { bounded "${deadline[copy]}" copy_synced "$candidate/script" "$state/resume.new" && mv -f "$state/resume.new" "$state/resume"; }; }; then
    fail_with "cannot write to $state: is the disk full?"
    return
  fi
  [[ ! -f $unit || ! -L ${unit%/*}/multi-user.target.wants/${unit##*/} ]] || return 0
  bounded "${deadline[resume_unit]}" install_resume_unit "$unit" >"$scratch/answer" 2>&1 || fail_with "cannot enable $unit: $(<"$scratch/answer")"
}

install_resume_unit() {
  printf '%s\n' '[Unit]' "Description=Brings up the live color of $app" 'After=network-online.target multi-user.target' 'Wants=network-online.target' \
    '' '[Service]' 'Type=oneshot' "ExecStart=/bin/bash $state/resume resume" \
    'RemainAfterExit=yes' 'KillMode=process' '' '[Install]' 'WantedBy=multi-user.target' >"$1.new" \
    && mv -f "$1.new" "$1" && systemctl daemon-reload && systemctl enable "${1##*/}"
}
