# ---- slot: the release gets its own copy of the staged artifact ----------------------------------

# copy_into_slot PATH: Copies a file, or a folder's content (`FOLDER/.`), into the slot. A user who may change the
# staged files must not be able to change the running ones.
copy_into_slot() {
  if [[ -L $1 ]] && ! may_be_followed "$1"; then
    return 1
  fi
  # The group and other users may not write here. The run driver gives the slot to the app's own user.
  cp -aH -- "$1" "$candidate/slot/" && follow_links "${1%/.}" && chmod -R u+rwX,go-w "$candidate/slot"
}

# may_be_followed LINK: Fails if root must not follow the link. root can read every file. So root follows a link only if
# the link belongs to root or to the owner of its target. Otherwise a file that only root may read would become the
# app's.
may_be_followed() {
  ((EUID != 0)) || [[ $(stat -c %u -- "$1") == @(0|"$(stat -Lc %u -- "$1")") ]] && return 0
  printf '%s\n' "the link $1 leads to $(readlink -f -- "$1"), which belongs to another user than the link: copy it into the artifact" >&2
  return 1
}

# follow_links FOLDER: Replaces links in the slot by a copy of their target, if they lead out of FOLDER, or to a path in
# FOLDER or in the staging folder. The next deployment changes those files. These links stay: relative links inside of
# FOLDER, absolute links to other places, broken links, and links to FOLDER itself or a folder above it.
follow_links() {
  local link to_what within whole
  whole=$(readlink -f -- "$1") || return
  while IFS= read -r -d '' link && IFS= read -r -d '' to_what; do
    within=${link#"$candidate/slot/"}
    case $to_what in
      "$1" | "$1"/* | "$staging" | "$staging"/*) ;;
      /*) continue ;;
      *) leads_out "$within" "$to_what" || continue ;;
    esac
    [[ -e $1/$within && $whole/ != "$(readlink -f -- "$1/$within")"/* ]] || continue
    may_be_followed "$1/$within" || return
    if ! { rm -f -- "$link" && cp -aL -- "$1/$within" "$link"; }; then
      printf '%s\n' "the link $within in the artifact leads to $to_what, which cannot be copied" >&2
      return 1
    fi
  done < <(links_in "$candidate/slot")
}

# links_in FOLDER: Prints each link and its target, with a NUL after both. BusyBox `find` has no -printf.
links_in() {
  find "$1" -type l -printf '%p\0%l\0' 2>/dev/null || find "$1" -type l -exec bash -c 'for link; do printf "%s\0%s\0" "$link" "$(readlink -- "$link")"; done' links {} +
}

# leads_out LINK TARGET: Succeeds if the relative TARGET leads out of the folder from which the path LINK is given. Only
# the words of the paths count, because a folder on the way may be a link, too.
leads_out() {
  local rest=$1 part depth=0
  while [[ $rest == */* ]]; do
    rest=${rest#*/} depth=$((depth + 1))
  done
  rest=$2/
  while [[ -n $rest ]]; do
    part=${rest%%/*} rest=${rest#*/}
    case $part in
      '' | .) ;;
      ..)
        ((depth > 0)) || return 0
        depth=$((depth - 1))
        ;;
      *) depth=$((depth + 1)) ;;
    esac
  done
  return 1
}

# note_slot: Saves the list of the release's files. With this list, files that the app writes are seen before they are
# removed.
note_slot() {
  (cd "$candidate/slot" && find . ! -type d -print) >"$candidate/files"
}

# warn_of_files_of_app RELEASE MILLISECONDS: Warns about files that the app has written into the slot, because they are
# removed with the release. The search takes at most MILLISECONDS.
warn_of_files_of_app() {
  local name count=0 shown=''
  [[ -f $1/files && -d $1/slot ]] || return 0
  bounded "$2" list_additions "$1" >"$scratch/answer" 2>/dev/null || return 0
  while IFS= read -r name; do
    count=$((count + 1))
    ((count > 3)) || shown+="${shown:+, }${name#./}"
  done <"$scratch/answer"
  shown=${shown//[[:cntrl:]]/ }
  ((count == 0)) || warn "release ${1##*/} is removed, and with it $count files that its app wrote into its slot: $shown$( ((count <= 3)) || printf ', …'); files that must be kept belong outside of {slot}"
}

# list_additions RELEASE: Prints the files in the slot that the release did not bring.
list_additions() {
  cd "$1/slot" && find . ! -type d -print | awk 'known { brought[$0] = 1; next } !($0 in brought)' known=1 "$1/files" known=0 -
}
