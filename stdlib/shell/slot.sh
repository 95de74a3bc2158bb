# ---- slot: what was staged becomes the release's own -------------------------------------------------

# copy_into_slot PATH: a file, or a folder's content (`FOLDER/.`). Whoever may change what was staged must not be able to change what runs.
copy_into_slot() {
  cp -aH -- "$1" "$candidate/slot/" && follow_links "${1%/.}" && own_slot
}

# follow_links FOLDER: a link in the slot that leads out of what was copied, or back to where it was staged, becomes what it leads to: the
# next deployment changes that. Links inside of it, and absolute ones to other places, are the artifact's own business.
follow_links() {
  local link to_what within
  while IFS= read -r -d '' link; do
    to_what=$(readlink -- "$link") || return
    within=${link#"$candidate/slot/"}
    case $to_what in
      "$1" | "$1"/* | "$staging" | "$staging"/*) ;;
      /*) continue ;;
      *) leads_out "$within" "$to_what" || continue ;;
    esac
    if ! { rm -f -- "$link" && cp -aL -- "$1/$within" "$link"; }; then
      printf '%s\n' "the link $within in the artifact leads to $to_what, which cannot be copied" >&2
      return 1
    fi
  done < <(find "$candidate/slot" -type l -print0)
}

# leads_out LINK TARGET: a relative link leads out of the folder in which LINK is told. By its words: a folder on the way may be a link, too.
leads_out() {
  local part depth=0
  local -a parts
  IFS=/ read -r -a parts <<<"${1%/*}/"
  [[ $1 != */* ]] || depth=${#parts[@]}
  IFS=/ read -r -a parts <<<"$2"
  for part in ${parts[@]+"${parts[@]}"}; do
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

# own_slot: nobody but the script's user may write it, and that user may read all of it; the run driver hands it to the app's own user.
own_slot() {
  ((EUID != 0)) || chown -hR 0:0 "$candidate/slot" || return
  chmod -R u+rwX,go-w "$candidate/slot"
}

# note_slot: what the release brings, so that what its app writes there is seen before it is removed.
note_slot() {
  (cd "$candidate/slot" && find . ! -type d -print) >"$candidate/files"
}

# tell_what_app_wrote RELEASE: files in its slot that the release did not bring go with it.
tell_what_app_wrote() {
  local name count=0 shown=''
  [[ -f $1/files && -d $1/slot ]] || return 0
  while IFS= read -r name; do
    count=$((count + 1))
    ((count > 3)) || shown+="${shown:+, }${name#./}"
  done < <(cd "$1/slot" && find . ! -type d -print | awk 'NR == FNR { brought[$0] = 1; next } !($0 in brought)' "$1/files" -)
  ((count == 0)) || warn "release ${1##*/} is removed, and with it $count files that its app wrote into its slot: $shown$( ((count <= 3)) || printf ', …'); what must be kept belongs outside of {slot}"
}
