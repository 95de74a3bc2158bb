# ---- fragment: a switch whose truth is one file ---------------------------------------------------
#
# The candidate and the backup are dotfiles beside the real one, which no proxy's pattern matches:
# .NAME.deployc-new and .NAME.deployc-old, or .NAME.deployc-none if there was no file before.

# fragment_paths FILE: sets fragment_file (links resolved), fragment_new, fragment_old, fragment_none, and fragment_sudo: sudo only
# where this user may not write the folder itself.
fragment_paths() {
  local folder name
  fragment_file=$(readlink -f -- "$1" 2>/dev/null || ${sudo[@]+"${sudo[@]}"} readlink -f -- "$1" 2>/dev/null)
  if [[ -z $fragment_file ]]; then
    printf '%s\n' "the folder of $1 does not exist (or $(id -un) may not look into it): make it"
    return 1
  fi
  folder=${fragment_file%/*}
  name=${fragment_file##*/}
  fragment_folder=${folder:-/}
  fragment_new=$folder/.$name.deployc-new
  fragment_old=$folder/.$name.deployc-old
  fragment_none=$folder/.$name.deployc-none
  fragment_sudo=()
  [[ -w $fragment_folder ]] || fragment_sudo=(${sudo[@]+"${sudo[@]}"})
}

# as_fragment_owner COMMAND…
as_fragment_owner() {
  ${fragment_sudo[@]+"${fragment_sudo[@]}"} "$@"
}

# fragment_writable FILE: 1 with the cure when neither this user nor sudo may write it.
fragment_writable() {
  local fragment_file fragment_folder fragment_new fragment_old fragment_none
  local -a fragment_sudo
  fragment_paths "$1" || return
  if [[ -w $fragment_folder ]]; then
    return 0
  elif ((${#fragment_sudo[@]} == 0)); then
    printf '%s\n' "$(id -un) may not write $fragment_folder: run this as root, or give the folder to $(id -un), or say \`sudo\` in deploy.bg"
  elif ! as_fragment_owner test -w "$fragment_folder" 2>/dev/null; then
    printf '%s\n' "$(id -un) may not write $fragment_folder, and sudo -n does not help: give the folder to $(id -un), or put into sudoers: $(fragment_sudoers)"
  else
    return 0
  fi
  return 1
}

# fragment_sudoers: prints the line of sudoers for a folder that stays root's.
fragment_sudoers() {
  local tool commands=''
  for tool in cat cmp cp mv readlink rm sync tee test touch; do
    commands+=", $(type -P "$tool")"
  done
  printf '%s ALL=(root) NOPASSWD: %s\n' "$(id -un)" "${commands#, }"
}

# fragment_routed FILE: the answer of a driver's `routed`. What a release was switched with counts first: deploy.bg may say
# something else by now.
fragment_routed() {
  local fragment_file fragment_folder fragment_new fragment_old fragment_none folder name value link
  local -a fragment_sudo
  fragment_paths "$1" || return
  if ! as_fragment_owner test -e "$fragment_file"; then
    printf 'none\n'
    return 0
  fi
  for link in ${candidate:+"$candidate"} "$state"/colors/*; do
    folder=$(readlink -f -- "$link")
    if [[ -f $folder/fragment ]] && fragment_equals "$folder/fragment" && meta color "$folder"; then
      printf 'color %s %s\n' "$value" "$folder"
      return 0
    fi
  done
  for name in "${colors[@]}"; do
    if fragment "$name" | as_fragment_owner cmp -s - "$fragment_file"; then
      printf 'color %s -\n' "$name"
      return 0
    fi
  done
  fragment_guess
}

# fragment_equals FILE
fragment_equals() {
  as_fragment_owner cat "$fragment_file" 2>/dev/null | cmp -s - "$1"
}

# fragment_guess: what an edited file seems to route to, by the addresses in it; comments do not count.
fragment_guess() {
  local text name one after
  local -a routes=()
  text=$(as_fragment_owner cat "$fragment_file" 2>/dev/null | sed 's/^[[:space:]]*#.*//') || {
    printf 'unknown %s\n' "$fragment_file cannot be read"
    return 0
  }
  for name in "${colors[@]}"; do
    while IFS= read -r one; do
      after=${text#*"$one"}
      # 127.0.0.1:8081 is not in 127.0.0.1:80810.
      if [[ -n $one && $after != "$text" && $after != [0-9]* ]]; then
        routes+=("$name")
        break
      fi
    done < <(addresses_of "$name")
  done
  case ${#routes[@]} in
    0) printf 'unknown %s\n' "$fragment_file is not as this script writes it, and routes to neither ${colors[0]} nor ${colors[1]}: was it edited by hand?" ;;
    1) printf 'unknown %s\n' "$fragment_file is not as this script writes it: edited by hand? It seems to route to ${routes[0]}" ;;
    *) printf 'mixed\n' ;;
  esac
}

# addresses_of COLOR: prints the address of each of its services.
addresses_of() {
  local name
  for name in "${services[@]}"; do
    (
      use "$1" "$name"
      [[ -z $address ]] || printf '%s\n' "$address"
    )
  done
}

# fragment_write FILE CONTENT: a candidate with CONTENT, with mode, owner and SELinux context of its predecessor.
fragment_write() {
  local fragment_file fragment_folder fragment_new fragment_old fragment_none said
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
  as_fragment_owner rm -f "$fragment_new" || return
  if as_fragment_owner test -e "$fragment_file"; then
    as_fragment_owner cp -p "$fragment_file" "$fragment_new" || return
    if [[ -e /sys/fs/selinux/enforce ]] && command -v chcon >/dev/null; then
      as_fragment_owner chcon --reference="$fragment_file" "$fragment_new" || return
    fi
  else
    (umask 022 && as_fragment_owner touch "$fragment_new") || return
  fi
  # A file of its predecessor's mode may not be writable; root and sudo do not mind, and cp -p kept the owner.
  as_fragment_owner tee "$fragment_new" <"$1" >/dev/null || return
  as_fragment_owner cmp -s "$1" "$fragment_new" || {
    printf 'it does not hold what was written: is the disk full?\n'
    return 1
  }
  fragment_sync "$fragment_new"
}

# fragment_swap FILE: the candidate becomes the real one by one rename; the backup is there before.
fragment_swap() {
  local fragment_file fragment_folder fragment_new fragment_old fragment_none said
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
    printf 'there is no candidate\n'
    return 1
  }
  as_fragment_owner rm -f "$fragment_old" "$fragment_none" || return
  if as_fragment_owner test -e "$fragment_file"; then
    if ! as_fragment_owner cp -p "$fragment_file" "$fragment_old" || ! as_fragment_owner cmp -s "$fragment_file" "$fragment_old"; then
      as_fragment_owner rm -f "$fragment_old"
      return 1
    fi
    fragment_sync "$fragment_old" || return
  else
    as_fragment_owner touch "$fragment_none" || return
  fi
  as_fragment_owner mv -f "$fragment_new" "$fragment_file" && fragment_sync "$fragment_folder"
}

# fragment_restore FILE: what was there before the last swap, or nothing if nothing was.
fragment_restore() {
  local fragment_file fragment_folder fragment_new fragment_old fragment_none said
  local -a fragment_sudo
  fragment_paths "$1" || return
  as_fragment_owner rm -f "$fragment_new" 2>/dev/null
  if as_fragment_owner test -f "$fragment_old"; then
    said=$(as_fragment_owner mv -f "$fragment_old" "$fragment_file" 2>&1)
  elif as_fragment_owner test -f "$fragment_none"; then
    said=$(as_fragment_owner rm -f "$fragment_file" 2>&1 && as_fragment_owner rm -f "$fragment_none" 2>&1)
  else
    printf '%s\n' "there is no backup of $fragment_file"
    return 1
  fi || {
    printf '%s\n' "cannot restore $fragment_file: ${said//$'\n'/; }"
    return 1
  }
  fragment_sync "$fragment_folder"
}

# fragment_sync PATH: until it is on the disk. An older sync knows no paths and takes everything.
fragment_sync() {
  as_fragment_owner sync "$1" 2>/dev/null || sync
}
