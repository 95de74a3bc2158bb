# ---- fragment: for proxies where one file decides which color is live ----------------------------
#
# The candidate is a dotfile beside the real file, .NAME.deployc-new, which no include pattern of a proxy matches. There
# is no backup file: the way back writes the text that is kept with the previous color's release.

# fragment_paths FILE: Sets fragment_file (with links resolved), fragment_folder, fragment_new and fragment_sudo.
# fragment_sudo is sudo if this user may not write the folder. In a folder that this user may not search, a link cannot
# be recognised, so FILE is resolved there, too.
fragment_paths() {
  local folder name
  fragment_file=$1
  if [[ -L $1 || ! -d ${1%/*} || ! -x ${1%/*} ]]; then
    fragment_file=$(readlink -f -- "$1" 2>/dev/null || ${sudo[@]+"${sudo[@]}"} readlink -f -- "$1" 2>/dev/null)
  fi
  if [[ -z $fragment_file ]]; then
    printf '%s\n' "the folder of $1 does not exist (or $(id -un) may not look into it): create it"
    return 1
  fi
  folder=${fragment_file%/*}
  name=${fragment_file##*/}
  fragment_folder=${folder:-/}
  fragment_new=$folder/.$name.deployc-new
  fragment_sudo=()
  [[ -w $fragment_folder ]] || fragment_sudo=(${sudo[@]+"${sudo[@]}"})
}

# as_fragment_owner COMMAND…: Runs the command, with sudo if this user may not write the folder.
as_fragment_owner() {
  ${fragment_sudo[@]+"${fragment_sudo[@]}"} "$@"
}

# fragment_writable FILE: Fails and prints the cure if neither this user nor sudo may write the folder.
fragment_writable() {
  local fragment_file fragment_folder fragment_new
  local -a fragment_sudo
  fragment_paths "$1" || return
  if [[ -w $fragment_folder ]]; then
    return 0
  elif ((${#fragment_sudo[@]} == 0)); then
    printf '%s\n' "$(id -un) may not write $fragment_folder: run this as root, or give the folder to $(id -un), or write \`sudo\` in deploy.bg"
  elif ! as_fragment_owner test -w "$fragment_folder" 2>/dev/null; then
    printf '%s\n' "$(id -un) may not write $fragment_folder, and sudo -n does not help: give the folder to $(id -un), or add this line to sudoers: $(fragment_sudoers)"
  else
    return 0
  fi
  return 1
}

# fragment_sudoers: Prints the line for sudoers, for a folder that belongs to root.
fragment_sudoers() {
  local tool commands=''
  for tool in cat chcon cp mv readlink rm sync tee test touch; do
    type -P "$tool" >/dev/null || continue
    commands+=", $(type -P "$tool")"
  done
  printf '%s ALL=(root) NOPASSWD: %s\n' "$(id -un)" "${commands#, }"
}

# fragment_routed FILE: Prints the answer of a driver's `routed`. It compares the file first with the fragments of
# releases, because deploy.bg may have changed since.
fragment_routed() {
  local fragment_file fragment_folder fragment_new name value link text live_text first=$candidate
  local -a fragment_sudo
  fragment_paths "$1" || return
  # The processes of an adopted color may belong to an earlier release, as in `release_of`.
  [[ ${journal[kind]-}${journal[warm]-} != adoptyes ]] || first=''
  if ! as_fragment_owner test -e "$fragment_file"; then
    # Without the right to look into the folder, it is unknown whether the file exists.
    if as_fragment_owner test -x "$fragment_folder" && as_fragment_owner test ! -e "$fragment_file"; then
      printf 'none\n'
    else
      printf 'unknown %s\n' "$(id -un) may not read $fragment_file"
    fi
    return 0
  fi
  if fragment_text "$fragment_file"; then
    live_text=$text
    for link in ${first:+"$first"} "$state"/colors/*; do
      if [[ -f $link/fragment ]] && fragment_text "$link/fragment" && [[ $text == "$live_text" ]] && meta color "$link"; then
        release_behind "$link" || continue
        printf 'color %s %s\n' "$value" "$behind"
        return 0
      fi
    done
    for name in "${colors[@]}"; do
      IFS= read -r -d '' text < <(fragment "$name")
      if [[ $text == "$live_text" ]]; then
        printf 'color %s -\n' "$name"
        return 0
      fi
    done
  fi
  fragment_guess
}

# fragment_text FILE: Sets `text` to the file's content. Fails if it cannot be read, or if it contains a NUL, which no
# fragment of a script has.
fragment_text() {
  text=''
  if [[ -r $1 ]]; then
    if IFS= read -r -d '' text <"$1"; then return 1; fi
  else
    if IFS= read -r -d '' text < <(as_fragment_owner cat "$1" 2>/dev/null) || [[ -z $text ]]; then return 1; fi
  fi
}

# fragment_guess: Prints the color to which an edited file seems to route, by the addresses in it. Comments do not
# count.
fragment_guess() {
  local text name one rest other
  local -a addresses routes=()
  text=$(as_fragment_owner cat "$fragment_file" 2>/dev/null | sed 's/^[[:space:]]*#.*//') || {
    printf 'unknown %s\n' "$fragment_file cannot be read"
    return 0
  }
  for name in "${colors[@]}"; do
    find_addresses "$name" || :
    for one in ${addresses[@]+"${addresses[@]}"}; do
      for other in "$one" "${one/#127.0.0.1:/localhost:}" "${one/#127.0.0.1:/[::1]:}"; do
        rest=$text
        while [[ -n $other && $rest == *"$other"* ]]; do
          rest=${rest#*"$other"}
          # 127.0.0.1:80810 does not contain the address 127.0.0.1:8081.
          if [[ $rest != [0-9]* ]]; then
            routes+=("$name")
            break 3
          fi
        done
      done
    done
  done
  case ${#routes[@]} in
    0) printf 'unknown %s\n' "$fragment_file was not written by this script (was it edited by hand?) and routes to neither ${colors[0]} nor ${colors[1]}: $(way_out_by_file)" ;;
    1) printf 'edited %s %s\n' "${routes[0]}" "$fragment_file was not written by this script: was it edited by hand? It seems to route to ${routes[0]}; \`adopt\` writes it again for ${routes[0]}" ;;
    *) printf 'mixed\n' ;;
  esac
}

# find_addresses COLOR: Sets `addresses` to those of the color's release, because deploy.bg may have changed since.
# Without a release to those of deploy.bg. Fails if neither knows the color.
find_addresses() {
  local name value found_release
  addresses=()
  if release_of "$1" && meta addresses "$found_release"; then
    read -r -a addresses <<<"$value"
    return 0
  fi
  known_color "$1" || return
  for name in "${services[@]}"; do
    [[ -z ${address_of["$1 $name"]-} ]] || addresses+=("${address_of["$1 $name"]}")
  done
}

# fragment_write FILE CONTENT: Writes a candidate with the text of the file CONTENT. It gets the mode, the owner and the
# SELinux context of FILE.
fragment_write() {
  local fragment_file fragment_folder fragment_new said
  local -a fragment_sudo
  fragment_paths "$1" || return
  if said=$(fragment_make_candidate "$2" 2>&1); then
    return 0
  fi
  as_fragment_owner rm -f "$fragment_new" 2>/dev/null
  said=${said//$'\n'/; }
  printf '%s\n' "cannot write $fragment_new${said:+: $said}"
  return 1
}

fragment_make_candidate() {
  local text wanted
  if as_fragment_owner test -e "$fragment_new" || as_fragment_owner test -L "$fragment_new"; then
    as_fragment_owner rm -f "$fragment_new" || return
  fi
  if ! as_fragment_owner test ! -e "$fragment_file"; then
    as_fragment_owner cp -p "$fragment_file" "$fragment_new" || return
    if [[ -e /sys/fs/selinux/enforce ]] && command -v chcon >/dev/null; then
      as_fragment_owner chcon --reference="$fragment_file" "$fragment_new" || return
    fi
  else
    (umask 022 && as_fragment_owner touch "$fragment_new") || return
  fi
  fragment_text "$1" || return
  wanted=$text
  # The copied mode may forbid writing, but not to root or sudo. `cp -p` has kept the owner.
  if ((${#fragment_sudo[@]})); then
    as_fragment_owner tee "$fragment_new" <"$1" >/dev/null || return
  else
    printf '%s' "$wanted" >"$fragment_new" || return
  fi
  if ! fragment_text "$fragment_new" || [[ $text != "$wanted" ]]; then
    printf 'the file does not contain what was written: is the disk full?\n'
    return 1
  fi
  fragment_sync "$fragment_new"
}

# fragment_swap FILE: Makes the candidate the real file, by one rename.
fragment_swap() {
  local fragment_file fragment_folder fragment_new said
  local -a fragment_sudo
  fragment_paths "$1" || return
  if said=$(fragment_put_in_place 2>&1); then
    return 0
  fi
  said=${said//$'\n'/; }
  printf '%s\n' "cannot put $fragment_file in place${said:+: $said}"
  return 1
}

fragment_put_in_place() {
  as_fragment_owner test -f "$fragment_new" || {
    printf '%s\n' "$fragment_new does not exist"
    return 1
  }
  as_fragment_owner mv -f "$fragment_new" "$fragment_file" && fragment_sync "$fragment_folder"
}

# fragment_remove FILE: Removes the real file and the candidate, as before the first deployment. Succeeds if there is
# none.
fragment_remove() {
  local fragment_file fragment_folder fragment_new said
  local -a fragment_sudo
  fragment_paths "$1" || return
  if said=$(as_fragment_owner rm -f "$fragment_new" "$fragment_file" 2>&1 && fragment_sync "$fragment_folder" 2>&1); then
    return 0
  fi
  printf '%s\n' "cannot remove $fragment_file: ${said//$'\n'/; }"
  return 1
}

# fragment_read FILE: Prints the file's content.
fragment_read() {
  local fragment_file fragment_folder fragment_new
  local -a fragment_sudo
  fragment_paths "$1" && as_fragment_owner cat "$fragment_file"
}

# fragment_sync PATH: Waits until the file is on the disk. An older `sync` takes no path and syncs all.
fragment_sync() {
  as_fragment_owner sync "$1" 2>/dev/null || sync
}
