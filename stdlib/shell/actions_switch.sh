# ---- actions that point the proxy at a color ---------------------------------------------------------

reload_asked=no     # yes: this process has asked the proxy to reload
snapshot_before=''  # the proxy's generation before the swap that is undone
pointers_follow=yes # no: a commit of this process could not write the pointers
is_in_force=no      # yes: the restored file was in force all the time, so no reload is needed
swapped=''          # the side of the last swap: new, old or nothing
reload_began=''     # when this process asked the proxy to load the new color
shown_since=''      # the same, if the new color was in force then
shown_for=''        # after the way back: the seconds for which users had the new color
in_force=''         # the color that this process saw in force, or `nothing`; `unknown` from a swap to its confirmation

# do_save_way_back: Saves the text of the proxy's file that the way back will write. If no color serves, this is the
# text that a person has put there, if any.
do_save_way_back() {
  local text='' saved=''
  [[ -d $candidate ]] || bounded "${deadline["journal"]}" mkdir "$candidate" || {
    fail_with "cannot write to $state: is the disk full?"
    return
  }
  if [[ -z $from || ${journal[kind]} == remove ]]; then
    read_live
    if [[ $live_state == none ]]; then
      forget_files "$candidate/way-back"
      return 0
    fi
    ask_switch read || {
      fail_with "cannot read the proxy's current file: $answer"
      return
    }
    bounded "${deadline["journal"]}" copy_synced "$scratch/answer" "$candidate/way-back"
  elif [[ -n $old_release && -f $old_release/fragment ]]; then
    IFS= read -r -d '' text 2>/dev/null <"$old_release/fragment" || :
    IFS= read -r -d '' saved 2>/dev/null <"$candidate/way-back" || :
    [[ -z $text || $saved != "$text" ]] || return 0
    bounded "${deadline["journal"]}" copy_synced "$old_release/fragment" "$candidate/way-back"
  else
    fragment "$from" >"$candidate/way-back" && sync_path "$candidate/way-back"
  fi || fail_with "cannot write to $candidate: is the disk full?"
}

# do_lock_proxy: Takes the proxy's lock and notes the proxy's generation. Until the lock is released, no other app of
# deployc reloads the same proxy.
do_lock_proxy() {
  snapshot_before=${journal[snapshot]}
  is_in_force=no
  enter_proxy_mutex || return
  ask_switch snapshot || {
    fail_with "$answer"
    return
  }
  journal[snapshot]=$answer
}

do_unlock_proxy() { leave_proxy_mutex; }

# do_write SIDE: Writes the fragment of this side, beside the real file.
do_write() {
  local file=$candidate/fragment
  [[ $1 != nothing ]] || return 0
  [[ $1 == new ]] || file=$candidate/way-back
  [[ -f $file || -z $old_release ]] || file=$old_release/fragment
  if [[ $1 == old && ! -f $file ]]; then
    # Before the first deployment there was no file, so nothing is written.
    [[ -z $from ]] || fail_with "$file does not exist: was $state changed by hand? Write the fragment of $from there"
    return
  fi
  ask_switch write "$file" || fail_with "the fragment cannot be written: $answer"
}

# do_swap SIDE: Makes the written file the real one by one rename, or removes the real file.
do_swap() {
  color_of_side "$1"
  in_force=unknown swapped=$1
  if [[ $1 == nothing ]] || [[ $1 == old && -z $from && ! -f $candidate/way-back ]]; then
    ask_switch remove
  else
    ask_switch swap
  fi || fail_with "the fragment cannot be put in place: $answer"
}

# do_test: Tests the proxy's configuration. A failure is only a warning on a way back to the old color if nothing was
# reloaded since the swap. Then the old configuration was in force all the time, and the fault belongs to another site.
# In all other cases the configuration must be loaded, so a failure is an error.
do_test() {
  ask_switch test && return 0
  if [[ $swapped == old && $shielded == yes && $reload_asked == no && -n $snapshot_before && ${journal[snapshot]} == "$snapshot_before" ]]; then
    warn "the proxy does not accept the configuration: $answer. This deployment did not cause that: correct the configuration"
    is_in_force=yes
    return 0
  fi
  fail_with "the proxy does not accept the configuration: $answer"
}

do_reload() {
  [[ $is_in_force == no ]] || return 0
  reload_asked=yes
  if [[ $swapped == new ]]; then
    now
    reload_began=$now_ms
  fi
  ask_switch reload || {
    fail_with "the proxy did not reload: $answer"
    return
  }
  journal[draining]=${answer:-${journal[snapshot]}}
  journal[boot]=$boot
}

do_confirm() {
  local elapsed
  if [[ $is_in_force == no ]]; then
    ask_switch confirm "${journal[snapshot]}" || {
      fail_with "the reload did not take effect: $answer"
      return
    }
  fi
  in_force=${side_color:-nothing}
  if [[ $swapped == new ]]; then
    shown_since=$reload_began
  elif [[ -n $shown_since ]]; then
    seconds_since "$shown_since"
    shown_for=$elapsed
  fi
}

# do_verify new NAME: Asks a `verify` through the proxy. Meanwhile every service of the color must stay alive.
do_verify() { at_verify new "$2" run_verify "verify.$2"; }

# do_verifies SIDE: Asks every `verify`, by the script of that color's release.
do_verifies() {
  local name value
  color_of_side "$1"
  release_protocol "$side_release"
  if ((value >= 1)) && [[ ${journal[kind]} != adopt ]]; then
    ask_release_or_report "$side_release" verify "does not pass through the proxy"
    return
  fi
  # The release's script does not know `verify`, or the color was started by hand. So this script's own questions are
  # asked.
  unmanaged=no
  [[ ${journal[kind]} != adopt || $adopted == processes ]] || unmanaged=yes
  for name in ${verifies[@]+"${verifies[@]}"}; do
    at_verify "$1" "$name" run_verify "verify.$name" && continue
    [[ " ${verifies_that_warn[*]-} " == *" $name "* ]] || return 1
    warn "$name: $reason"
    reason=''
  done
  unmanaged=no
}

# ask_release_or_report RELEASE 'WORD ARG…' WHAT: Asks the release. If the answer is no, prints what the release's
# script said, and fails with its reason.
ask_release_or_report() {
  # shellcheck disable=SC2086 # WORD and its arguments
  of_release "$1" $2 && return 0
  ! asked_to_stop || return 143
  print_all_but_reason
  fail_with "$side_color $3: $answer"
}

# do_move_exclusive SIDE: Makes the exclusive services run in that color and in no other. Does nothing unless the
# journal says `handed`.
do_move_exclusive() {
  local other_color other_release value start
  local -a names=()
  [[ ${journal[handed]} == yes ]] || return 0
  case $1 in
    new) other_color=$from other_release=$old_release ;;
    *) other_color=$to other_release=$candidate ;;
  esac
  color_of_side "$1"
  name_exclusives || return
  if [[ -n $other_release ]]; then
    stop_exclusives "$other_color" "$other_release" || return
  fi
  [[ -n $side_release ]] || return 0
  # On a way back a service that still runs here may have been told to end. So it is stopped before it is started: two
  # running copies of an exclusive service are worse than none.
  if [[ $1 == old ]]; then
    stop_exclusives "$side_color" "$side_release" || return
  fi
  ((${#names[@]})) || return 0
  # A service that is exclusive in one release may overlap in the other. So a way back starts every missing service.
  start=start_exclusive
  [[ $1 == new ]] || start=start_missing
  of_release "$side_release" "$start" || {
    fail_with "the exclusive service of $side_color does not start: $answer"
    return
  }
  pause "${deadline["stays_alive"]}" || return
  of_release "$side_release" alive || {
    fail_with "the exclusive service of $side_color ended right after its start: $answer"
    return
  }
  release_protocol "$side_release"
  ((value == 0)) || ask_release_or_report "$side_release" 'gate exclusive' 'does not pass the probes of its exclusive services'
}

# name_exclusives: Sets `names` to the services that are exclusive in one of the two colors, each once. `-` means a
# service whose name its release cannot tell. An unclear answer is an error.
name_exclusives() {
  local one name value code
  for one in "${services[@]}"; do
    overlaps "$one" || names+=("$one")
  done
  for one in "$candidate" "$old_release"; do
    if [[ -z $one ]] || is_of_this_script "$one"; then
      continue
    fi
    release_protocol "$one"
    if ((value >= 1)); then
      of_release "$one" exclusives
    else
      of_release "$one" has_exclusive
    fi
    code=$?
    case $value:$code in
      0:0) answer=- ;;
      0:1) answer='' ;;
      *:0) ;;
      *)
        ! asked_to_stop || return 143
        fail_with "cannot tell which services of release ${one##*/} are exclusive: $answer"
        return
        ;;
    esac
    for name in $answer; do
      [[ " ${names[*]-} " == *" $name "* ]] || names+=("$name")
    done
  done
}

# stop_exclusives COLOR RELEASE: Stops the services of the release that are exclusive in one of the two colors.
stop_exclusives() {
  local name value
  # The script of a release of protocol 0 cannot name its exclusive services, so `names` may lack them. Those that it has
  # are told to stop twice; the second time nothing runs any more.
  release_protocol "$2"
  ((value > 0)) || of_release "$2" stop_exclusive || {
    fail_with "the exclusive service of $1 did not stop: $answer"
    return
  }
  meta routed "$2" || :
  for name in ${names[@]+"${names[@]}"}; do
    # The proxy routed to this service, so it is drained first and stopped after that.
    [[ $name != - && " $value " != *" $name "* ]] || continue
    of_release "$2" stop_service "$name" || {
      fail_with "$name of $1 did not stop: $answer"
      return
    }
  done
}

do_commit() { commit_switch; }

# commit_switch: Commits the switch. From here the new color is the live color, and no way back follows.
commit_switch() {
  journal[previous]=''
  [[ -z $old_release || $from == "$to" ]] || journal[previous]=${old_release##*/}
  now
  journal[switched]=$now_ms
  write_switched || return
  # The new color is live, whatever happens now. If the pointers cannot be written, this run or the next writes them
  # before the journal is closed.
  finish_commit || {
    warn "$reason"
    reason='' pointers_follow=no
  }
}

# do_persist SIDE [overlap|exclusive]: Makes the color start after a boot by itself, if its driver can do this.
do_persist() {
  [[ ${journal[kind]} != adopt || $adopted == processes ]] || return 0
  color_of_side "$1"
  of_release "$side_release" persist on "${2-}" || fail_with "$side_color cannot be made to survive a reboot: $answer"
}

# do_keep_resuming: Installs a unit that starts the live color after a boot. Does nothing without root or systemd.
do_keep_resuming() {
  local unit=/etc/systemd/system/deployc-$app.service
  [[ ${journal[kind]} != adopt || $adopted == processes ]] || return 0
  ((EUID == 0)) && [[ -d /run/systemd/system ]] || return 0
  if ! { bounded "${deadline["journal"]}" cmp -s "$candidate/script" "$state/resume" || { bounded "${deadline["copy"]}" copy_synced "$candidate/script" "$state/resume.new" && mv -f "$state/resume.new" "$state/resume"; }; }; then
    fail_with "cannot write to $state: is the disk full?"
    return
  fi
  [[ ! -f $unit || ! -L ${unit%/*}/multi-user.target.wants/${unit##*/} ]] || return 0
  bounded "${deadline["resume_unit"]}" install_resume_unit "$unit" >"$scratch/answer" 2>&1 || fail_with "cannot enable $unit: $(<"$scratch/answer")"
}

install_resume_unit() {
  printf '%s\n' '[Unit]' "Description=Brings up the live color of $app" 'After=network-online.target multi-user.target' 'Wants=network-online.target' \
    '' '[Service]' 'Type=oneshot' "ExecStart=/bin/bash $state/resume resume" \
    'RemainAfterExit=yes' 'KillMode=process' '' '[Install]' 'WantedBy=multi-user.target' >"$1.new" \
    && mv -f "$1.new" "$1" && systemctl daemon-reload && systemctl enable "${1##*/}"
}
