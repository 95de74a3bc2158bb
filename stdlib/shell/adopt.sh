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
  local value
  read_live
  [[ $live_state == edited ]] || live_is_known || return
  exit_code=3
  from=${live:-$live_guess}
  if [[ -z $from ]]; then
    fail_with 'the proxy has no fragment of this app yet: there is nothing to adopt; deploy'
    return
  elif [[ -f $state/journal.pending ]]; then
    fail_with "a rollback is unfinished: put the fragment of ${journal[from]:-what served} back by hand and reload the proxy, then run any command of this script again"
    return
  elif [[ -n $live_release ]]; then
    of_release "$live_release" alive
    case $? in
      0)
        exit_code=1
        return 0
        ;;
      1) ;;
      *)
        fail_with "cannot tell whether release ${live_release##*/} runs: $answer"
        return
        ;;
    esac
  fi
  # What somebody wrote into the file may not be in force: then users get what was switched to last.
  if meta color "$state/live" && [[ $value != "$from" ]]; then
    of_release "$(readlink -f "$state/live")" alive
    (($? == 1)) || {
      fail_with "the file routes to $from, but $value, which was switched to last, still runs and may be what users get: put $value's fragment ($value.conf of the bundle) back and reload the proxy; \`rollback\` and \`deploy\` lead from there to another color"
      return
    }
  fi
  to=$from
  exit_code=1
}

# make_adopted: a release without an artifact: it can be stopped, but not started again.
make_adopted() {
  local name warm='' code=1
  if [[ -L $state/colors/$to ]]; then
    of_release "$(readlink -f "$state/colors/$to")" alive
    code=$?
    ((code <= 1)) || {
      fail_with "cannot tell whether $to runs as this script has started it: $answer"
      return
    }
  fi
  put_off_journal || return
  # If it does, its processes are another release's, and whoever reads the journal must know.
  ((code != 0)) || warm=yes
  make_release adopt "$warm" || return
  if ! { ask_switch read && bounded "${deadline[journal]}" copy_synced "$scratch/answer" "$release/way-back"; }; then
    fail_with "cannot keep what the proxy's file says now: $answer"
    return
  fi
  if ((code == 0)); then
    adopted=own
    bounded "${deadline[journal]}" copy_synced "$state/colors/$to/fragment" "$release/fragment" || fail_with "cannot write to $release: is the disk full?"
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
  local code
  if [[ $adopted == processes ]]; then
    journal[previous]=''
    write_switched || return
    if finish_commit; then
      take_up_pending
    else
      warn_step
    fi
    say "  $to is live, and this script's from now on"
    return
  fi
  if asked_to_stop; then
    fail_with "stopped by $interrupted"
    return
  fi
  shielded=yes
  drop_adopted
  code=$?
  shielded=no
  ((code == 0)) || return
  say "  the fragment is this script's from now on; $to runs on as it was started"
}

# drop_adopted: whatever came of it, the color is live and nothing of it was started here.
drop_adopted() {
  local dropped=$candidate
  take_up_pending || return
  bounded "${deadline[copy]}" rm -rf "$dropped" || warn "release ${dropped##*/} could not be removed"
}
