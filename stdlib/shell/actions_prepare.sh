# ---- actions that make the new color -----------------------------------------------------------------

# do_put_off_journal: Saves the journal of an unfinished deployment (a prepared color, or a cleanup that is to do),
# because this command needs the journal for itself. `take_up_pending` restores it at the end.
do_put_off_journal() {
  [[ -f $state/journal ]] || return 0
  bounded "${deadline["journal"]}" copy_synced "$state/journal" "$state/journal.pending" || fail_with "cannot write to $state: is the disk full?"
}

# do_journal preparing|adopting|swapping|handing|returning|removing: Writes the journal, before the first effect that
# needs it.
do_journal() {
  case $1 in
    preparing)
      case $planned in
        rollback)
          candidate=$earlier
          begin_journal rollback "$earlier_runs"
          ;;
        rollback_to)
          name_release
          begin_journal rollback_to
          ;;
        *)
          name_release
          begin_journal deploy
          ;;
      esac
      write_journal preparing
      ;;
    adopting)
      name_release
      begin_journal adopt "$adopts_own"
      write_journal adopting
      ;;
    removing)
      name_release
      begin_journal remove
      write_journal removing
      ;;
    handing)
      # The next step stops the exclusive services of the other color. A way back after that must start them again.
      journal[handed]=yes
      write_journal swapping
      ;;
    returning)
      # The drain of the new color begins now, even if this cannot be written. This process knows the phase. A later
      # process that finds the old phase goes back once more, which changes nothing.
      now
      journal[switched]=$now_ms
      write_journal returning || {
        journal[phase]=returning
        return 1
      }
      ;;
    *)
      write_journal "$1" && return 0
      # The journal has this phase already, which is enough for the next run.
      [[ ${journal[phase]} == "$1" ]] || return 1
      reason=''
      ;;
  esac
}

# name_release: Sets `candidate` to a folder that does not exist yet. The journal names the folder before it is made.
name_release() {
  local id
  printf -v id '%(%Y%m%d-%H%M%S)T-%s' -1 "$$"
  candidate=$state/releases/$id
}

# do_make_release: Makes a folder with everything that belongs to this deployment, also the script that can stop it.
do_make_release() {
  local artifact
  local -a matches
  find_artifact || return
  bounded "${deadline["copy"]}" make_release_folder || {
    fail_with "cannot write to $candidate: is the disk full?"
    return
  }
  copy_artifact
}

# copy_artifact: Copies the staged artifact into the slot.
copy_artifact() {
  local said
  [[ -n $artifact ]] || return 0
  bounded "${deadline["copy"]}" copy_into_slot "${matches[0]}" >"$scratch/answer" 2>&1 || {
    # If the disk is full, the message of `cp` could not be saved either.
    said=$(<"$scratch/answer")
    fail_with "copying $artifact failed: ${said:-is the disk with $state full?}"
  }
}

artifact_is_missing=no # yes: the artifact, or a file with inputs beside it, is not staged yet

# find_artifact: Sets `artifact` as deploy.bg says, and `matches` to exactly one file or to a folder's content. Fails if
# there is no match, or more than one.
find_artifact() {
  artifact_pattern
  [[ -n $artifact ]] || return 0
  if [[ $artifact == */ ]]; then
    [[ -d $artifact ]] || {
      artifact_is_missing=yes
      fail_with "the artifact folder $artifact does not exist"
      return
    }
    matches=("$artifact.")
  else
    IFS='' # the pattern is expanded, and not split
    # shellcheck disable=SC2206  # the expansion is intended
    matches=($artifact)
    IFS=$' \t\n'
    [[ -e ${matches[0]-} || -L ${matches[0]-} ]] || matches=()
    if ((${#matches[@]} == 0)); then
      artifact_is_missing=yes
      fail_with "no artifact: nothing matches $artifact"
      return
    elif ((${#matches[@]} == 1)) && [[ ! -e ${matches[0]} ]]; then
      fail_with "the artifact ${matches[0]} is a link to $(readlink -- "${matches[0]}"), and nothing is there"
      return
    elif ((${#matches[@]} > 1)); then
      fail_with "more than one artifact matches $artifact: ${matches[*]##*/}: remove all but the one to be deployed, or name it more exactly"
      return
    fi
  fi
}

do_sync_release() {
  bounded "${deadline["copy"]}" note_and_sync_slot || fail_with "cannot write $candidate to the disk: is it full?"
}

# note_and_sync_slot: Saves the list of the slot's files and syncs the slot to the disk. A copied release has the list
# of its original already.
note_and_sync_slot() {
  { [[ -f $candidate/files ]] || note_slot; } && sync_tree "$candidate/slot"
}

# do_ensure_shared NUMBER: Fails, because there is no `shared` driver yet. Only a plan with `shared` has this step.
do_ensure_shared() { fail_with "there is no driver for shared $1"; }

# do_ensures SIDE: Asks the release's script whether everything is there that the release shares with others. Because
# there is no `shared` driver yet, the script answers yes. Every plan has this step, in `serve_release` and `resume`.
do_ensures() {
  color_of_side "$1"
  [[ -n $side_release ]] && release_protocol "$side_release" && ((value >= 1)) || return 0
  of_release "$side_release" ensure || fail_with "something that $side_color needs is missing: $answer"
}

# do_fetch new SERVICE, do_stage new SERVICE: Call the functions `fetch` and `stage` of the service's run driver.
do_fetch() { at new "$2" ask_or_fail run fetch; }
do_stage() { at new "$2" stage; }

stage() {
  ask_run_if_able stage || fail_with "${answer:-the answer of the driver could not be saved: is the disk full?}"
}

# do_clear_idle new: Stops the releases that are left in the idle color, and those that have one of its ports.
do_clear_idle() {
  local link folder
  for link in "$state"/colors/*; do
    # A color with another name may have had these ports and still run.
    [[ -d $link ]] || continue
    [[ ${link##*/} == "$to" ]] || is_in_the_way "$link" || continue
    release_behind "$link" || continue
    folder=$behind
    stop_release "$folder" || {
      if [[ ${link##*/} == "$to" ]]; then
        fail_with "the idle color $to still runs and cannot be stopped: $answer"
      else
        fail_with "release ${folder##*/}, which has a port of the idle color $to, still runs and cannot be stopped: $answer"
      fi
      return
    }
  done
}

# is_in_the_way LINK: Succeeds if the color has a port of the new color. When the app is removed: if the color is not
# the live one.
is_in_the_way() {
  local value one
  local -a ports_of_new
  if [[ ${journal[kind]} == remove ]]; then
    [[ ${1##*/} != "$from" ]]
    return
  fi
  meta ports "$1" || return
  find_ports_of_new
  for one in ${ports_of_new[@]+"${ports_of_new[@]}"}; do
    [[ " $value " != *" $one "* ]] || return 0
  done
  return 1
}

# do_start new SERVICE: Starts the service, unless it runs.
do_start() {
  at new "$2" start_missing || fail_with "$2 of $to did not start: $answer"
}

# do_read_offers new SERVICE: Keeps the driver's offers, lines of NAME=VALUE, with the release.
do_read_offers() {
  at new "$2" ask_or_fail run offers || return
  write_file "$candidate/offers.$2" "$answer" || {
    fail_with "cannot write to $candidate: is the disk full?"
    return
  }
}

do_gate() { ask_gate "$@"; }

# ask_gate new SERVICE NAME: Fails unless the gate passes.
ask_gate() {
  at new "$2" run_gate "gate.$2.$3" || return
  now
  passed_ms["$2 $3"]=$now_ms
}

# do_gate_again new SERVICE NAME: Asks the gate again right before the swap. If this process saw it pass less than 2 s
# ago, only asks whether the service is alive.
do_gate_again() {
  local age=2000
  now
  [[ -z ${passed_ms["$2 $3"]-} ]] || age=$((now_ms - passed_ms["$2 $3"]))
  # The last question of a gate is whether the service is alive. An answer younger than 100 ms is enough.
  ((age >= 100)) || return 0
  if ((age < 2000)); then
    at new "$2" color_alive && return 0
  fi
  ask_gate "$@"
}

# do_reserve: Keeps the prepared color until `switch` or `abort`, or until its time is over. 0.1.0 reads only the time
# by the wall clock, so this is written, too.
do_reserve() {
  local now_s
  now
  journal[expires_uptime]=$(((now_ms + deadline["reservation"]) / 1000))
  printf -v now_s '%(%s)T' -1
  journal[expires]=$((now_s + deadline["reservation"] / 1000))
  write_journal prepared
}
