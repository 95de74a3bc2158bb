# ---- actions that point the proxy at a color ---------------------------------------------------------

reload_asked=no     # whether this process has asked the proxy to load what is on the disk
snapshot_before=''  # the proxy's generation when the swap that is taken back was made
pointers_follow=yes # no: a commit of this process could not write them
is_in_force=no      # yes: what is on the disk was never replaced in force, so there is nothing to load
swapped=''          # to which side: new or old
in_force=''         # the color that this process has seen in force, or nothing; unknown between a swap and its confirmation

# do_save_way_back: what the proxy's file says now, as the way back will write it. Without a color that serves: the text that somebody
# has put there, if there is one.
do_save_way_back() {
  local text='' saved=''
  [[ -d $candidate ]] || bounded "${deadline["journal"]}" mkdir "$candidate" || {
    fail_with "cannot write to $state: is the disk full?"
    return
  }
  if [[ -z $from || ${journal[kind]} == remove ]]; then
    read_live
    if [[ $live_state == none ]]; then
      rm -f "$candidate/way-back"
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

# do_lock_proxy: from swap to confirmation no other app of ours reloads the same proxy; its generation is noted.
do_lock_proxy() {
  snapshot_before=${journal[snapshot]}
  is_in_force=no
  enter_proxy_mutex || return
  ask_switch snapshot || {
    fail_with "the proxy is not running: $answer"
    return
  }
  journal[snapshot]=$answer
}

do_unlock_proxy() { leave_proxy_mutex; }

# do_write SIDE: its fragment, beside the real one.
do_write() {
  local file=$candidate/fragment
  [[ $1 != nothing ]] || return 0
  [[ $1 == new ]] || file=$candidate/way-back
  [[ -f $file || -z $old_release ]] || file=$old_release/fragment
  if [[ $1 == old && ! -f $file ]]; then
    # As it was before the first deployment: without a file.
    [[ -z $from ]] || fail_with "$file does not exist: was $state changed by hand? Write the fragment of $from there"
    return
  fi
  ask_switch write "$file" || fail_with "the fragment cannot be written: $answer"
}

# do_swap SIDE: one rename, or the file goes.
do_swap() {
  color_of_side "$1"
  in_force=unknown swapped=$1
  if [[ $1 == nothing ]] || [[ $1 == old && -z $from && ! -f $candidate/way-back ]]; then
    ask_switch remove
  else
    ask_switch swap
  fi || fail_with "the fragment cannot be put in place: $answer"
}

# do_test: on the way back to the old color, what nobody has loaded meanwhile was never in force: then a broken configuration is another
# site's, and only said. A color that stays has to be loaded.
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
  ask_switch reload || {
    fail_with "the proxy did not reload: $answer"
    return
  }
  journal[draining]=${answer:-${journal[snapshot]}}
  journal[boot]=$boot
}

do_confirm() {
  if [[ $is_in_force == no ]]; then
    ask_switch confirm "${journal[snapshot]}" || {
      fail_with "the reload did not take effect: $answer"
      return
    }
  fi
  in_force=${side_color:-nothing}
}

# do_verify new NAME: asked through the proxy; every service of the color stays alive meanwhile.
do_verify() { at_first new run_verify "verify.$2"; }

# do_verifies SIDE: all of them, by the script of that color's release.
do_verifies() {
  local name value
  color_of_side "$1"
  release_protocol "$side_release"
  if ((value >= 1)) && [[ ${journal[kind]} != adopt ]]; then
    ask_release_or_tell "$side_release" verify "does not pass through the proxy"
    return
  fi
  # It knows no such word, or was started by hand: what deploy.bg asks now.
  unmanaged=no
  [[ ${journal[kind]} != adopt || $adopted == processes ]] || unmanaged=yes
  for name in ${verifies[@]+"${verifies[@]}"}; do
    at_first "$1" run_verify "verify.$name" && continue
    [[ " ${verifies_that_warn[*]-} " == *" $name "* ]] || return 1
    warn "$name: $reason"
    reason=''
  done
  unmanaged=no
}

# ask_release_or_tell RELEASE 'WORD ARG…' WHAT: the reason of a failure, and what the release said before it.
ask_release_or_tell() {
  # shellcheck disable=SC2086 # words
  of_release "$1" $2 && return 0
  ! asked_to_stop || return 143
  tell_answer
  fail_with "$side_color $3: $answer"
}

# do_move_exclusive SIDE: what may run only once runs in that color, and in no other. Nothing unless the journal says that it was handed.
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
  # On a way back what still runs there may have been told to end. Two of what must run once are worse than none.
  if [[ $1 == old ]]; then
    stop_exclusives "$side_color" "$side_release" || return
  fi
  ((${#names[@]})) || return 0
  # What is called so here may have run in both colors there.
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
  ((value == 0)) || ask_release_or_tell "$side_release" 'gate exclusive' 'does not pass the probes of what may run only once'
}

# name_exclusives: sets `names`, what may run only once in one of the two colors; `-` is one whose name its release cannot tell. Only a clear
# answer is one.
name_exclusives() {
  local one value code
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
      0:0) names+=(-) ;;
      0:1) ;;
      *:0) read -r -d '' -a names < <(printf '%s\n' ${names[@]+"${names[@]}"} "$answer" && printf '\0') || : ;;
      *)
        ! asked_to_stop || return 143
        fail_with "cannot tell which services of release ${one##*/} are exclusive: $answer"
        return
        ;;
    esac
  done
}

# stop_exclusives COLOR RELEASE: what may run only once there, or is called so in the other one.
stop_exclusives() {
  local name value
  of_release "$2" stop_exclusive || {
    fail_with "the exclusive service of $1 did not stop: $answer"
    return
  }
  meta routed "$2" || :
  for name in ${names[@]+"${names[@]}"}; do
    # What the proxy routed to there has its drain, and is stopped after it.
    [[ $name != - && " $value " != *" $name "* ]] || continue
    of_release "$2" stop_service "$name" || {
      fail_with "$name of $1 did not stop: $answer"
      return
    }
  done
}

# do_commit: from here the new color is what serves, and nothing goes back by itself.
do_commit() {
  journal[previous]=''
  [[ -z $old_release || $from == "$to" ]] || journal[previous]=${old_release##*/}
  now
  journal[switched]=$now_ms
  write_switched || return
  # Whatever comes now, the new color is what serves; pointers that could not be written are made up for before the journal is closed, by
  # this run or the next.
  finish_commit || {
    warn "$reason"
    reason='' pointers_follow=no
  }
}

# do_persist SIDE [overlap|exclusive]: it comes up after a boot by itself, where its driver can.
do_persist() {
  [[ ${journal[kind]} != adopt || $adopted == processes ]] || return 0
  color_of_side "$1"
  of_release "$side_release" persist on "${2-}" || fail_with "$side_color cannot be made to survive a reboot: $answer"
}

# do_keep_resuming: on a host with systemd a unit brings the live color up after a boot.
do_keep_resuming() {
  local unit=/etc/systemd/system/deployc-$app.service
  [[ ${journal[kind]} != adopt || $adopted == processes ]] || return 0
  ((EUID == 0)) && [[ -d /run/systemd/system ]] || return 0
  if ! { cmp -s "$candidate/script" "$state/resume" || { bounded "${deadline["copy"]}" copy_synced "$candidate/script" "$state/resume.new" && mv -f "$state/resume.new" "$state/resume"; }; }; then
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
