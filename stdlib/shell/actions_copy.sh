# ---- actions of `rollback RELEASE` and `restart`: a copy of a release becomes live ---------------
#
# The copied release is not changed. The copy's own script answers all questions about the copy. It may be from an older
# deploy.bg.

kept=''       # the release that is copied
kept_ports='' # the ports of the copy

# do_choose_kept: Sets `from` and `to` as a deployment does, and `kept` to the release that the user named.
do_choose_kept() {
  local value
  choose_idle || return
  kept=$state/releases/$wanted_release
  if [[ ! -f $kept/meta ]]; then
    fail_with "there is no release $wanted_release (any more): deploy that version; $(kept_releases)"
  elif [[ -n $old_release && $kept -ef $old_release ]]; then
    fail_with "release $wanted_release is live already: \`restart\` starts it again"
  elif meta adopted "$kept"; then
    fail_with "release $wanted_release was adopted and has no artifact, so it cannot be started again: deploy the version that you want"
  elif ! has_served_once "$kept"; then
    fail_with "release $wanted_release has never served; $(kept_releases)"
  else
    choose_places
  fi
}

# do_choose_live: Does the same for a copy of the live release.
do_choose_live() {
  local value
  choose_idle || return
  kept=$old_release
  if [[ -z $from ]]; then
    fail_with 'nothing is live: there is nothing to restart'
  elif [[ -z $kept ]]; then
    fail_with "$from is live, but this script did not start it and cannot start it again: run \`deploy\`"
  elif meta adopted "$kept"; then
    fail_with "$from was adopted and has no artifact, so it cannot be started again: run \`deploy\`"
  else
    choose_places
  fi
}

# choose_places: Sets `kept_ports`. Only the release's script knows the release's ports and addresses in the idle color.
# They may differ from today's deploy.bg, but must not be those of the live color.
choose_places() {
  local value word rest one addresses='' id=${kept##*/}
  release_protocol "$kept"
  if ((value == 0)); then
    answer='' rest=2
  else
    of_release "$kept" places "$to"
    rest=$?
  fi
  case $rest in
    0) ;;
    2)
      word='deploy the version that you want'
      if [[ $state/previous -ef $kept ]] && ! deploy_went_back; then
        word="\`rollback\` without a name starts the release itself"
      fi
      fail_with "release $id was made by an older deployc and cannot be started in another color: $word"
      return
      ;;
    *)
      ! asked_to_stop || return 143
      fail_with "release $id cannot be started in $to: $answer"
      return
      ;;
  esac
  kept_ports=''
  while read -r word rest; do
    case $word in
      ports) kept_ports=$rest ;;
      addresses) addresses=$rest ;;
    esac
  done <<<"$answer"
  load_inputs "$kept"
  [[ -n $from ]] || return 0
  for one in $kept_ports $addresses; do
    if is_place_of_live "$one"; then
      fail_with "in $to, release $id would use $one, where $from serves: deploy the version that you want"
      return
    fi
  done
}

# is_place_of_live PORT|ADDRESS: Succeeds if the live color has this port or address.
is_place_of_live() {
  local value name taken=''
  if [[ -n $old_release ]]; then
    ! meta ports "$old_release" || taken+=" $value"
    ! meta addresses "$old_release" || taken+=" $value"
  else
    for name in "${services[@]}"; do
      taken+=" ${port_of["$from $name"]-} ${address_of["$from $name"]-}"
    done
  fi
  [[ " $taken " == *" $1 "* ]]
}

# kept_releases: Prints the releases to which `rollback RELEASE` can go.
kept_releases() {
  local folder text=''
  for folder in "$state"/releases/*/; do
    folder=${folder%/}
    if [[ $folder -ef $old_release ]] || ! can_be_copied "$folder"; then
      continue
    fi
    text+=", ${folder##*/}"
  done
  if [[ -n $text ]]; then
    printf '%s' "the kept releases are ${text#, } (see \`releases\`)"
  else
    printf 'only the live release is kept'
  fi
}

# do_inputs_again: Reads the inputs of the live release again. Its own script reads them, from the environment and from
# the files that it names.
do_inputs_again() {
  { rm -rf "$scratch/again" && mkdir -m 700 "$scratch/again"; } 2>/dev/null || {
    fail_with "cannot write to $scratch: is the disk full?"
    return
  }
  of_release "$kept" read_inputs "$scratch/again"
  case $? in
    0) load_inputs "$scratch/again" ;;
    2)
      fail_with "$answer"
      return 2
      ;;
    *)
      ! asked_to_stop || return 143
      fail_with "cannot read the inputs: $answer"
      ;;
  esac
}

# do_copy_release: Copies slot, script and inputs. Then the script of the copy writes the files that depend on the
# color; the meta file is written last.
do_copy_release() {
  local said inputs=$kept/inputs
  [[ $command != restart ]] || inputs=$scratch/again/inputs
  bounded "${deadline["copy"]}" copy_kept "$inputs" >"$scratch/answer" 2>&1 || {
    ! asked_to_stop || return 143
    said=$(<"$scratch/answer")
    fail_with "copying release ${kept##*/} failed: ${said:-is the disk with $state full?}"
    return
  }
  of_release "$candidate" renew "$to" "$deployment" "${kept##*/}" || {
    ! asked_to_stop || return 143
    fail_with "the copy of release ${kept##*/} cannot be prepared: $answer"
    return
  }
  load_inputs "$candidate"
}

# copy_kept INPUTS: Copies the parts of `kept`, and the folder INPUTS, into the candidate.
copy_kept() {
  local -a parts=("$kept/slot" "$kept/script" "$1")
  [[ ! -f $kept/artifact ]] || parts+=("$kept/artifact")
  # The list of the release's files is copied, too. So files that the app wrote into the slot still do not count as
  # files of the release.
  [[ ! -f $kept/files ]] || parts+=("$kept/files")
  mkdir "$candidate" && cp -a -- ${parts[@]+"${parts[@]}"} "$candidate/" && sync_path "$candidate/script" "$candidate/inputs"/* "$candidate" "$state/releases"
}
