# ---- state: what is known between two runs ------------------------------------------------------
#
# $state/journal      the run at hand or at rest: phase, from, to, release, …
# $state/colors/C     the last good release of color C (a symlink)
# $state/live         the release that was switched to last (a symlink); what is live the proxy's files say
# $state/previous     the release that served before it (a symlink)
# $state/releases/ID  script, inputs/, slot/, fragment, meta, identity.SERVICE, log.SERVICE
# $state/history      a line for each deployment
#
# Nothing in here is ever run or sourced but a release's own script.

state=''
candidate='' # folder of the release of the run at hand, or ''
declare -A journal=()

# locate_state: sets `state`. Root keeps it out of every other user's reach.
locate_state() {
  local other=/var/lib/deployc/$app
  state=$root/.deployc
  if ((EUID == 0)); then
    other=$state
    state=/var/lib/deployc/$app
  fi
  [[ ! -f $other/owner ]] || {
    fail_with "$app is deployed by $(stat -c %U "$other/owner") on this host (its state is in $other), this is $(id -un): use the same user for every command"
    exit_code=3
    return 1
  }
}

# open_state: makes the state folder and checks that it may be trusted.
open_state() {
  local owner machine
  umask 022
  if [[ -d $state/releases && -d $state/colors && -d $state/log ]]; then
    :
  elif ! mkdir -p "$state/releases" "$state/colors" "$state/log" 2>/dev/null; then
    fail_with "cannot make $state: run this as the user who owns it, or make the folder for $(id -un)"
    return
  fi
  state=$(cd -P "$state" && pwd) || return
  state_is_trusted || return
  machine=''
  read -r machine 2>/dev/null </etc/machine-id || :
  if [[ -f $state/owner ]]; then
    read -r owner <"$state/owner"
    if [[ ${owner%% *} != "$EUID" ]]; then
      fail_with "$app is deployed by user number ${owner%% *} on this host, this is $(id -un) ($EUID): use the same user for every command"
      return
    fi
    if [[ -n $machine && $owner == *' '* && ${owner##* } != "$machine" ]]; then
      fail_with "$state was written on another machine: it was copied or is shared; remove it to begin anew here"
      return
    fi
  else
    write_file "$state/owner" "$EUID $machine" || fail_with "cannot write to $state"
  fi
}

# state_is_trusted: it is on a local disk, and no one else may exchange what is in it.
state_is_trusted() {
  local folder kind owner mode seen=0
  local -a folders=()
  kind=$(stat -f -c %T "$state" 2>/dev/null)
  case $kind in
    nfs* | cifs | smb* | afs | ceph | fuse.sshfs)
      fail_with "$state is on a network file system ($kind): locks and renames cannot be relied on there"
      return
      ;;
  esac
  folder=$(cd -P "$state" && pwd) || return
  while [[ -n $folder ]]; do
    folders+=("$folder")
    folder=${folder%/*}
  done
  while read -r owner mode folder; do
    seen=$((seen + 1))
    if [[ $owner != 0 && $owner != "$EUID" ]]; then
      fail_with "$folder belongs to user number $owner, who could exchange what $app keeps in $state"
      return
    fi
    # Others may write only where the sticky bit keeps them from renaming what is not theirs.
    if (((8#$mode & 8#022) && !(8#$mode & 8#1000))); then
      fail_with "$folder may be written by others (mode $mode), who could exchange what $app keeps in $state: chmod go-w $folder"
      return
    fi
  done < <(stat -c '%u %a %n' "${folders[@]}" 2>/dev/null)
  ((seen == ${#folders[@]})) || fail_with "cannot look at the folders above $state"
}

# sync_path PATH…: until it is on the disk.
sync_path() {
  sync "$@" 2>/dev/null || sync
}

# sync_tree FOLDER: all that is below it, by its file system. An older sync knows none and takes everything.
sync_tree() {
  sync -f "$1" 2>/dev/null || sync
}

# copy_synced FROM TO
copy_synced() {
  cp -- "$1" "$2" && sync_path "$2"
}

# write_file PATH TEXT: whole or not at all, also when the power fails.
write_file() {
  if ! { printf '%s\n' "$2" 2>/dev/null >"$1.new" && sync_path "$1.new" && mv -f "$1.new" "$1"; }; then
    rm -f "$1.new"
    return 1
  fi
}

# ---- journal -----------------------------------------------------------------------------------

journal_keys=(deployment kind warm from to release previous snapshot draining handed switched expires boot)

# empty_journal: what `journal` says when nothing is under way; every key is there.
empty_journal() {
  local key
  journal=([phase]=idle)
  for key in "${journal_keys[@]}"; do
    journal[$key]=''
  done
  candidate=''
}

# read_journal: fills `journal`; phase is `idle` without one.
read_journal() { read_journal_from "$state/journal"; }

# read_journal_from FILE
read_journal_from() {
  local key value
  empty_journal
  [[ -f $1 ]] || return 0
  while IFS='=' read -r key value; do
    [[ -z $key ]] || journal[$key]=$value
  done <"$1"
  [[ -z ${journal[release]-} ]] || candidate=$state/releases/${journal[release]}
}

# number TEXT DEFAULT: sets `value`: what is read from a file is calculated with only if it is a whole number.
number() {
  value=$2
  [[ ! $1 =~ ^[0-9]{1,15}$ ]] || value=$((10#$1))
}

# write_journal PHASE: keeps what is in `journal` under a new phase.
write_journal() {
  local key text="phase=$1"
  for key in "${journal_keys[@]}"; do
    text+=$'\n'"$key=${journal[$key]-}"
  done
  bounded "${deadline[journal]}" write_file "$state/journal" "$text" || {
    ! asked_to_stop || reason="stopped by $interrupted"
    fail_with "cannot write $state/journal: is the disk full?"
    return
  }
  journal[phase]=$1
  to_log "journal: $1"
}

# put_off_journal: what is under way is taken up again (`take_up_pending`) when this run is over.
put_off_journal() {
  [[ -f $state/journal ]] || return 0
  bounded "${deadline[journal]}" copy_synced "$state/journal" "$state/journal.pending" || fail_with "cannot write to $state: is the disk full?"
}

# forget_journal: nothing is under way.
forget_journal() {
  empty_journal
  rm -f "$state/journal" "$state/journal.pending"
  to_log 'journal: idle'
}

# read_boot: sets `boot`, which a reboot changes.
read_boot() {
  read -r boot </proc/sys/kernel/random/boot_id
}

# ---- releases ----------------------------------------------------------------------------------

# release_of COLOR: sets `found_release`: the candidate if it is for this color (and not the fragment alone is adopted), else the color's
# last good one.
release_of() {
  found_release=''
  if [[ -n $candidate && ${journal[to]-} == "$1" && ${journal[kind]-}${journal[warm]-} != adoptyes ]]; then
    found_release=$candidate
  elif [[ -L $state/colors/$1 ]]; then
    found_release=$(readlink -f "$state/colors/$1")
  fi
  [[ -n $found_release && -d $found_release ]]
}

# point NAME RELEASE: $state/NAME is that release from now on; one rename.
point() {
  [[ ! $state/$1 -ef $2 ]] || return 0
  ln -sfn "$2" "$state/.point" && mv -fT "$state/.point" "$state/$1" && sync_path "$state"
}

# previous_release: sets `found_release`: what served before the live one.
previous_release() {
  found_release=''
  [[ -L $state/previous ]] || return 1
  found_release=$(readlink -f "$state/previous")
  [[ -n $found_release && -f $found_release/meta ]]
}

# remove_release RELEASE: a stopped one that nothing points to.
remove_release() {
  case $1 in
    "$state"/releases/?*) ;;
    *) return 1 ;;
  esac
  [[ -d $1 ]] || return 0
  [[ ! -f $1/meta ]] || of_release "$1" clear || warn "release ${1##*/}: $answer"
  bounded "${deadline[copy]}" rm -rf "$1" || warn "release ${1##*/} could not be removed"
}

# sweep_releases: removes what no color, no way back and no run needs. The newest failed one stays to be looked at.
sweep_releases() {
  local release kept keep
  for release in "$state"/releases/*/; do
    release=${release%/}
    [[ -d $release && $release != "$candidate" ]] || continue
    keep=no
    for kept in "$state"/colors/* "$state/live" "$state/previous" "$state/failed"; do
      [[ ! $kept -ef $release ]] || keep=yes
    done
    [[ $keep == yes ]] || remove_release "$release"
  done
}

# meta KEY RELEASE: sets `value`: what a release says of itself.
meta() {
  local key rest
  value=''
  [[ -f $2/meta ]] || return 1
  while IFS='=' read -r key rest; do
    if [[ $key == "$1" ]]; then
      value=$rest
      return 0
    fi
  done <"$2/meta"
  return 1
}

# save_identity LINE, load_identity: what tells the service of this release from everything else on the host.
save_identity() {
  write_file "$release/identity.$service" "$1"
}

load_identity() {
  identity=''
  [[ -f $release/identity.$service ]] || return 1
  IFS= read -r identity <"$release/identity.$service"
}

# ---- history -----------------------------------------------------------------------------------

# remember RESULT: a line of history: time, deployment, command, result, from, to, seconds, reason.
remember() {
  local line elapsed masked
  seconds_since "$began"
  mask "${reason//[$'\t\n']/ }"
  printf -v line '%(%Y-%m-%dT%H:%M:%S%z)T\t%s\t%s\t%s\t%s\t%s\t%s\t%s' -1 \
    "$deployment" "$command" "$1" "${from:--}" "${to:--}" "$elapsed" "$masked"
  printf '%s\n' "$line" 2>/dev/null >>"$state/history" || warn "cannot write $state/history"
}
