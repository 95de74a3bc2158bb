# ---- state: the files that are kept between two runs ---------------------------------------------
#
# $state/journal      what is under way: phase, from, to, release, …
# $state/runtimes/R   the runtimes that the scripts of releases were built with, by version and hash
# $state/colors/C     the last good release of color C (a symlink)
# $state/live         the release that was switched to last (a symlink); the live color is what the proxy's files say
# $state/previous     the release that served before it (a symlink)
# $state/releases/ID  script, inputs/, slot/, fragment, meta, identity.SERVICE, log.SERVICE
# $state/history      one line for each deployment
# $state/place        the root, the proxy's file and the ports of this application
#
# From this folder only a release's own script is executed.

state=''

# locate_state: Sets `state`. For root it is a folder that other users cannot change. Fails if another user deploys this
# app.
locate_state() {
  local other=/var/lib/deployc/$app
  state=$root/.deployc
  if ((EUID == 0)); then
    other=$state
    state=/var/lib/deployc/$app
  fi
  [[ ! -f $other/owner ]] || {
    fail_with "$app is deployed by $(stat -c %U "$other/owner") on this host (its state is in $other), but this is $(id -un): use the same user for every command"
    exit_code=3
    return 1
  }
}

# open_state: Makes the state folder and checks that it can be trusted.
open_state() {
  local machine
  umask 022
  if [[ -d $state/releases && -d $state/colors && -d $state/log && -d $state/runtimes ]]; then
    :
  else
    state_can_be_made || return
    mkdir -p "$state/releases" "$state/colors" "$state/log" "$state/runtimes" 2>/dev/null || {
      fail_with "cannot write to $state: is the disk full?"
      return
    }
  fi
  resolve_state && state_is_of_this_user || return
  if [[ ! -f $state/owner ]]; then
    read_machine
    write_file "$state/owner" "$EUID $machine" || {
      fail_with "cannot write to $state"
      return
    }
  fi
  state_is_trusted && state_is_of_this_app
}

# state_can_be_made: Fails if the state folder is not there and this user may not make it.
state_can_be_made() {
  local folder=$state
  while [[ ! -e $folder ]]; do
    if [[ -L $folder ]]; then
      fail_with "cannot create $state: $folder is a link that leads nowhere"
      return
    fi
    folder=${folder%/*}
    folder=${folder:-/}
  done
  [[ -d $folder && -w $folder && -x $folder ]] || fail_with "cannot create $state, because $(id -un) may not write $folder: run this as the user who owns it, or create the folder for $(id -un)"
}

# state_is_of_this_user: Fails if another user deploys this app, or if the folder comes from another machine.
state_is_of_this_user() {
  local owner machine
  [[ -f $state/owner ]] || return 0
  { read -r owner <"$state/owner"; } 2>/dev/null || return 0
  read_machine
  if [[ ${owner%% *} != "$EUID" ]]; then
    fail_with "$app is deployed by user number ${owner%% *} on this host, but this is $(id -un) ($EUID): use the same user for every command"
  elif [[ -n $machine && $owner == *' '* && ${owner##* } != "$machine" ]]; then
    fail_with "$state was written on another machine: it was copied or is shared. Remove it to start again on this host"
  fi
}

# read_machine: Sets `machine` to the id of this machine; empty if it has none.
read_machine() {
  machine=''
  read -r machine 2>/dev/null </etc/machine-id || :
}

# resolve_state: Follows the links in the path of the state folder. Fails if this user may not look into it.
resolve_state() {
  local folder
  folder=$(cd -P "$state" 2>/dev/null && pwd) || {
    fail_with "$(id -un) may not look into $state: use the user who deploys $app"
    return
  }
  state=$folder
}

# state_is_readable: For a command that changes nothing: fails if the state folder is of another user or application, or
# cannot be trusted.
state_is_readable() {
  [[ -d $state ]] || return 0
  resolve_state && state_is_of_this_user && state_is_trusted && state_is_of_this_app
}

place='' # what $state/place has to contain; empty if it contains this already

# state_is_of_this_app: Fails if another application of the same name has this state. $state/place has three lines: its
# root, the setting `file` of its proxy's driver, and its ports. An application that has moved still has one of them. Sets
# `place`. Only root has one state for all roots.
state_is_of_this_app() {
  local theirs='' their_file='' their_ports='' ports='' file one same=no
  place=''
  ((EUID == 0)) || return 0
  for one in ${port_of[@]+"${port_of[@]}"}; do
    ports+="${ports:+ }$one"
  done
  file=$(at_first new proxy_file)
  { read -r theirs && read -r their_file && read -r their_ports; } 2>/dev/null <"$state/place" || :
  [[ $theirs != "$root" || $their_file != "$file" || $their_ports != "$ports" ]] || return 0
  if [[ -z $theirs || $theirs == "$root" || (-n $file && $their_file == "$file") ]]; then
    same=yes
  fi
  for one in $their_ports; do
    [[ " $ports " != *" $one "* ]] || same=yes
  done
  if [[ $same == no ]]; then
    exit_code=3
    fail_with "two applications are called $app on this host: one in $theirs (ports ${their_ports:-none}, the proxy's file ${their_file:-unknown}), whose state is in $state, and this one in $root (ports ${ports:-none}, the proxy's file ${file:-unknown}). Give one of them another name in deploy.bg. If it is one application that has moved, keep its ports or the proxy's file for one deployment, or remove $state/place"
    return
  fi
  place=$root$'\n'$file$'\n'$ports
}

# proxy_file: Prints the setting `file` of the switch driver, if it has one.
proxy_file() {
  local driver name
  switch.settings
  for driver in ${switch_chain[@]+"${switch_chain[@]}"}; do
    name=${driver}_file
    if [[ -n ${!name-} ]]; then
      printf '%s\n' "${!name}"
      return
    fi
  done
}

# state_is_trusted: Fails unless the folder is on a local disk and no other user can replace anything in it.
state_is_trusted() {
  local folder kind owner mode seen=0
  local -a folders=()
  kind=$(stat -f -c %T "$state" 2>/dev/null)
  case $kind in
    nfs* | cifs | smb* | afs | ceph | fuse.sshfs)
      fail_with "$state is on a network file system ($kind): locks and renames are not reliable there. Use a local disk"
      return
      ;;
  esac
  folder=$state # `open_state` has resolved its links
  while [[ -n $folder ]]; do
    folders+=("$folder")
    folder=${folder%/*}
  done
  while read -r owner mode folder; do
    seen=$((seen + 1))
    if [[ $owner != 0 && $owner != "$EUID" ]]; then
      fail_with "$folder belongs to user number $owner, who could replace the files of $app in $state: change its owner"
      return
    fi
    # Other users may write to one of these folders only if its sticky bit is set: then they cannot rename files of this
    # user.
    if (((8#$mode & 8#022) && !(8#$mode & 8#1000))); then
      fail_with "others may write $folder (mode $mode) and could replace the files of $app in $state: run \`chmod go-w $folder\`"
      return
    fi
  done < <(stat -c '%u %a %n' "${folders[@]}" 2>/dev/null)
  ((seen == ${#folders[@]})) || fail_with "cannot look at the folders above $state"
}

# sync_path PATH…: Waits until the files are on the disk.
sync_path() {
  sync "$@" 2>/dev/null || sync
}

# sync_tree FOLDER: Waits until everything below the folder is on the disk. This syncs the folder's file system. An
# older `sync` cannot select one and syncs all.
sync_tree() {
  sync -f "$1" 2>/dev/null || sync
}

# copy_synced FROM TO: Copies a file and waits until the copy is on the disk.
copy_synced() {
  cp -- "$1" "$2" && sync_path "$2"
}

# forget_files PATH…: Removes files of the state, also after a request to stop.
forget_files() {
  shield bounded "${deadline["journal"]}" rm -f -- "$@"
}

# write_file PATH TEXT: Writes TEXT completely or not at all, even if the power fails.
write_file() {
  if ! { printf '%s\n' "$2" 2>/dev/null >"$1.new" && sync_path "$1.new" && mv -f "$1.new" "$1" && sync_path "${1%/*}"; }; then
    rm -f "$1.new"
    return 1
  fi
}

# ---- history -----------------------------------------------------------------------------------

# remember RESULT: Adds a line to the history: time, deployment, command, result, from, to, seconds, reason.
remember() {
  local line elapsed masked
  seconds_since "$began"
  mask "${cause//[$'\t\n']/ }"
  printf -v line '%(%Y-%m-%dT%H:%M:%S%z)T\t%s\t%s\t%s\t%s\t%s\t%s\t%s' -1 \
    "$deployment" "$command" "$1" "${from:--}" "${to:--}" "$elapsed" "$masked"
  printf '%s\n' "$line" 2>/dev/null >>"$state/history" || warn "cannot write $state/history"
}

# deploy_went_back: Succeeds if the last command of the history that was not refused was a deployment that went back
# after users had its color for a moment. Sets `value` to its time.
deploy_went_back() {
  local when ran result _
  value=''
  [[ -f $state/history ]] || return 1
  IFS=$'\t' read -r -t 5 when _ ran result _ < <(grep -v $'\trefused\t' "$state/history" | tail -n 1)
  value=$when
  [[ $ran != rollback && $ran != restart && $result == went-back ]]
}
