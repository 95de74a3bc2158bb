# ---- actions that make the new color -----------------------------------------------------------------

# do_put_off_journal: what is under way is taken up again (`take_up_pending`) when this command is over.
do_put_off_journal() {
  [[ -f $state/journal ]] || return 0
  bounded "${deadline["journal"]}" copy_synced "$state/journal" "$state/journal.pending" || fail_with "cannot write to $state: is the disk full?"
}

# do_journal preparing|adopting|swapping|handing|returning|removing: before the first effect that needs it.
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
      # Whoever goes back from here must start what is stopped now.
      journal[handed]=yes
      write_journal swapping
      ;;
    returning)
      # The drain of the new color begins now. Even if this cannot be written: this process knows it, and one that finds the old words
      # goes back once more, which changes nothing.
      now
      journal[switched]=$now_ms
      write_journal returning || {
        journal[phase]=returning
        return 1
      }
      ;;
    *)
      write_journal "$1" && return 0
      # It says so already: that is enough for whoever comes next.
      [[ ${journal[phase]} == "$1" ]] || return 1
      reason=''
      ;;
  esac
}

# name_release: sets `candidate`, a folder that is not there yet; the journal knows of it first.
name_release() {
  local id
  printf -v id '%(%Y%m%d-%H%M%S)T-%s' -1 "$$"
  candidate=$state/releases/$id
}

# do_make_release: a folder with all that belongs to this deployment, the script that can stop it among it.
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

# copy_artifact: what was staged for this deployment, into the slot.
copy_artifact() {
  local said
  [[ -n $artifact ]] || return 0
  bounded "${deadline["copy"]}" copy_into_slot "${matches[0]}" >"$scratch/answer" 2>&1 || {
    # A full disk has no room for what cp says of it.
    said=$(<"$scratch/answer")
    fail_with "copying $artifact failed: ${said:-is the disk with $state full?}"
  }
}

artifact_is_missing=no # yes: nothing is there yet

# find_artifact: sets `artifact`, as deploy.bg says, and `matches`: exactly one file, or a folder's content.
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
    # shellcheck disable=SC2206  # so it is meant
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

# note_and_sync_slot: of a copied release it is noted already what that one had brought.
note_and_sync_slot() {
  { [[ -f $candidate/files ]] || note_slot; } && sync_tree "$candidate/slot"
}

# do_ensure_shared NUMBER, do_ensures SIDE: no driver for them has come yet; a plan has these steps where one is used.
do_ensure_shared() { fail_with "there is no driver for shared $1"; }

do_ensures() {
  color_of_side "$1"
  [[ -n $side_release ]] && release_protocol "$side_release" && ((value >= 1)) || return 0
  of_release "$side_release" ensure || fail_with "something that $side_color needs is missing: $answer"
}

# do_fetch new SERVICE, do_stage new SERVICE
do_fetch() { at new "$2" ask_or_fail run fetch; }
do_stage() { at new "$2" stage; }

stage() {
  ask_run_if_able stage || fail_with "${answer:-the answer of the driver could not be saved: is the disk full?}"
}

# do_clear_idle new: what is left of the idle color is ours and stopped.
do_clear_idle() {
  local link folder
  for link in "$state"/colors/*; do
    # Colors of other names may have had these ports, and be warm.
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

# is_in_the_way LINK: a color that has a port of the new one; of an app that goes away every one that does not serve.
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

# do_start new SERVICE
do_start() {
  at new "$2" start_missing || fail_with "$2 of $to did not start: $answer"
}

# do_read_offers new SERVICE: lines of NAME=VALUE, kept with the release.
do_read_offers() {
  at new "$2" ask_or_fail run offers || return
  write_file "$candidate/offers.$2" "$answer" || {
    fail_with "cannot write to $candidate: is the disk full?"
    return
  }
}

# do_gate new SERVICE NAME: it must pass.
do_gate() {
  at new "$2" run_gate "gate.$2.$3" || return
  now
  passed_ms["$2 $3"]=$now_ms
}

# do_gate_again new SERVICE NAME: right before the swap, unless this process has just seen it pass.
do_gate_again() {
  local age=2000
  now
  [[ -z ${passed_ms["$2 $3"]-} ]] || age=$((now_ms - passed_ms["$2 $3"]))
  # Whether it lives was asked last thing.
  ((age >= 100)) || return 0
  if ((age < 2000)); then
    at new "$2" color_alive && return 0
  fi
  do_gate "$@"
}

# do_reserve: the prepared color rests until `switch` or `abort`, or until it is too old. By the clock, too, which 0.1.0 goes by.
do_reserve() {
  local now_s
  now
  journal[expires_uptime]=$(((now_ms + deadline["reservation"]) / 1000))
  printf -v now_s '%(%s)T' -1
  journal[expires]=$((now_s + deadline["reservation"] / 1000))
  write_journal prepared
}
