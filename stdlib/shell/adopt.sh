# ---- adopt: what somebody else made becomes this script's: a fragment edited by hand, a color started by hand ----
#
# Nothing is started or stopped. The fragment is written anew for the color that it routes to, through the same swap as a deployment;
# the color's processes, if the driver can tell which they are, may be stopped by a later deployment.

adopted='' # what of the color becomes this script's: processes, fragment (only that), or own (they were)

# adopt: through gate, swap, verify and commit.
adopt() {
  group_begins "adopt the live color of $app"
  step find_adopted || return
  if [[ -z $to ]]; then
    say "  $live is live and this script's own: nothing to adopt"
    group_ends
    return 0
  fi
  step preflight || return
  step take_inputs || return
  step check_questions || return
  step make_adopted || return
  step passes_again "$to" || return
  step test_as_it_is || return
  step swap_adopted || return
  [[ $adopted == processes ]] || unmanaged=yes
  verify_previous || return
  unmanaged=no
  step commit_adopted || return
  group_ends
}

# find_adopted: sets `from` and `to`, the color that the proxy's files route to; `to` is empty if there is nothing to do.
find_adopted() {
  read_live
  if [[ $live_state == edited ]]; then
    from=$live_guess
    to=$live_guess
    return 0
  fi
  live_is_known || return
  if [[ $live_state == none ]]; then
    exit_code=3
    fail_with 'the proxy has no fragment of this app yet: there is nothing to adopt; deploy'
    return
  fi
  from=$live
  [[ -n $live_release ]] || to=$live
}

# make_adopted: a release without an artifact: it can be stopped, but not started again.
make_adopted() {
  local name
  make_release adopt || return
  if ! { ask_switch read && copy_synced "$scratch/answer" "$release/way-back"; }; then
    fail_with "cannot keep what the proxy's file says now: $answer"
    return
  fi
  if [[ -L $state/colors/$to ]] && of_release "$(readlink -f "$state/colors/$to")" alive; then
    adopted=own
    copy_synced "$state/colors/$to/fragment" "$release/fragment" || fail_with "cannot write to $release: is the disk full?"
    return
  fi
  adopted=processes
  for name in "${services[@]}"; do
    use "$to" "$name"
    ask_run adopt && continue
    adopted=fragment
    warn "$name of $to runs on as it is, and no deployment will stop it: $answer"
  done
  [[ $adopted == processes ]] || rm -f "$release"/identity.*
}

# swap_adopted: as `swap`, but what was in the file was not of this script.
swap_adopted() {
  local was=$live_state$live$live_guess
  read_live
  if [[ $live_state$live$live_guess != "$was" ]]; then
    fail_with "the proxy's files changed meanwhile: ${live_why:-$live_state $live}"
    return
  fi
  if [[ $adopted == processes ]]; then
    survive_reboot || return
  fi
  swap_to_candidate
}

# commit_adopted: there is no previous color, so nothing is drained or stopped.
commit_adopted() {
  if [[ $adopted == processes ]]; then
    journal[previous]=''
    write_journal switched || return
    finish_commit || warn_step
    forget_journal
    say "  $to is live, and this script's from now on"
    return
  fi
  drop_adopted
  say "  the fragment is this script's from now on; $to runs on as it was started"
}

# drop_adopted: whatever came of it, the color is live and nothing of it was started here.
drop_adopted() {
  local dropped=$candidate
  forget_journal
  bounded "${deadline[copy]}" rm -rf "$dropped" || warn "release ${dropped##*/} could not be removed"
}
