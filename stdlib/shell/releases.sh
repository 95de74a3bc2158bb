# ---- releases: which releases are kept -----------------------------------------------------------

# The number of old releases that are kept for `rollback RELEASE`, in addition to those that links lead to. Each of them
# was live once.
keep_releases=3

# has_served RELEASE…: Marks the releases as live once.
has_served() {
  local folder
  for folder; do
    [[ ! -d $folder || -f $folder/served ]] || : >"$folder/served" || return
  done
}

# has_served_once RELEASE: Succeeds if the release was live once: it is marked, or a color, `live` or `previous` leads
# to it.
has_served_once() {
  local link
  [[ ! -f $1/served ]] || return 0
  for link in "$state"/colors/* "$state/live" "$state/previous"; do
    [[ ! $link -ef $1 ]] || return 0
  done
  return 1
}

# can_be_copied RELEASE: Succeeds if `rollback RELEASE` can go to it.
can_be_copied() {
  local value
  [[ -f $1/meta ]] && has_served_once "$1" && ! meta adopted "$1" && release_protocol "$1" && ((value >= 1))
}

# find_swept: Sets `swept` to the releases that may be removed, the oldest first. It keeps the candidate, the releases
# of the colors, `live` and `previous`, the newest failed one, so that a person can look at it, and the last
# `keep_releases` good ones.
find_swept() {
  local at kept left=$keep_releases keep
  local -a folders=("$state"/releases/*/)
  swept=()
  for ((at = ${#folders[@]} - 1; at >= 0; at--)); do
    folders[at]=${folders[at]%/}
    [[ -d ${folders[at]} && ${folders[at]} != "$candidate" ]] || continue
    keep=no
    for kept in "$state"/colors/* "$state/live" "$state/previous" "$state/failed"; do
      [[ ! $kept -ef ${folders[at]} ]] || keep=yes
    done
    if [[ $keep == no ]] && ((left > 0)) && can_be_copied "${folders[at]}"; then
      left=$((left - 1)) keep=yes
    fi
    [[ $keep == yes ]] || swept=("${folders[at]}" ${swept[@]+"${swept[@]}"})
  done
}

# releases: Prints the kept releases, the newest last.
releases() {
  local folder value line found=no
  read_live
  for folder in "$state"/releases/*/; do
    folder=${folder%/}
    [[ -f $folder/meta ]] || continue
    found=yes
    line="${folder##*/}  $(standing_of "$folder")"
    ! meta color "$folder" || line+="  $value"
    ! artifact_of "$folder" || line+="  $value"
    ! meta created "$folder" || line+="  $value"
    ! meta deployment "$folder" || line+="  deployment $value"
    ! meta copied "$folder" || line+="  a copy of $value"
    ! meta adopted "$folder" || line+='  adopted'
    say "${line//[[:cntrl:]]/ }"
    say_inputs_of "$folder"
  done
  [[ $found == yes ]] || say 'no release yet'
}

# standing_of RELEASE: Prints the release's current state in one word, such as `live` or `kept`.
standing_of() {
  if [[ -n $live_release && $live_release -ef $1 ]]; then
    printf 'live    '
  elif [[ ${journal[phase]} != @(idle|switched) && $candidate -ef $1 ]]; then
    printf '%-8s' "${journal[phase]}"
  elif [[ $state/previous -ef $1 ]]; then
    printf 'previous'
  elif [[ $state/failed -ef $1 ]]; then
    printf 'failed  '
  elif has_served_once "$1"; then
    printf 'kept    '
  else
    printf 'left    '
  fi
}

# artifact_of RELEASE: Sets `value` to the artifact's name. Fails if it has none.
artifact_of() {
  [[ -f $1/artifact ]] && IFS= read -r value <"$1/artifact"
}

# say_inputs_of RELEASE: Prints the release's inputs without the secrets. If the meta file does not name the secrets,
# prints none.
say_inputs_of() {
  local file name value secrets line=''
  meta secrets "$1" || return 0
  secrets=" $value "
  for file in "$1"/inputs/*; do
    name=${file##*/}
    [[ -f $file && $secrets != *" $name "* ]] || continue
    IFS= read -r -d '' value <"$file" || :
    value=${value//[[:cntrl:]]/ }
    line+="  $name=${value:0:60}"
  done
  [[ -z $line ]] || say "  $line"
}
