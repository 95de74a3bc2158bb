# ---- switch nginx: one included file and a reload -------------------------------------------------
#
# A generation is the master and the workers that accept connections, each as PID:START. About 10 ms after a reload all
# new workers run. The old workers accept for about 100 ms more; then each of them is gone or has the title
# `is shutting down`. New workers alone do not prove a reload: if a worker dies, the master starts a new one with the
# old configuration. There are two proofs of a reload. Either more workers accept at the same time than before the
# reload; later there may be fewer. Or the master has closed a file, such as a log, that was open before the reload.

nginx_routed() { fragment_routed "$nginx_file"; }
nginx_read() { fragment_read "$nginx_file"; }
nginx_write() { fragment_write "$nginx_file" "$1"; }
nginx_swap() { fragment_swap "$nginx_file"; }
nginx_remove() { fragment_remove "$nginx_file"; }
nginx_draining() { generation_draining "$1" "$2" nginx; }

nginx_test() {
  local said begun code
  local -a test=("$nginx_binary" -t -c "$nginx_config")
  ((${#nginx_test[@]} == 0)) || test=("${nginx_test[@]}")
  now
  begun=$now_ms
  said=$(nginx_as_root ${test[@]+"${test[@]}"} 2>&1)
  code=$?
  now
  # After a reload the master reads the same configuration, so `confirm` waits for this time, too.
  [[ -z $release ]] || printf '%s\n' $((now_ms - begun)) 2>/dev/null >"$release/test.took" || :
  ((code == 0)) && return 0
  nginx_own_words "$said"
  return 1
}

nginx_snapshot() {
  local nginx_pid_file nginx_master why='' looks=0
  local -a generation
  while nginx_find_master && nginx_is_alone accepts && nginx_read_generation && ((${#generation[@]} > 1)); do
    # Another reload may be in progress, with workers of both configurations. Wait for its end, but only about 1 s: if
    # workers die again and again, there is always a young one.
    if nginx_has_young_worker && ((looks++ < 20)); then
      pause 50 && continue
    fi
    printf '%s\n' "${generation[*]}"
    return 0
  done
  printf '%s\n' "${why:-nginx has no worker: its error log tells why}"
  return 1
}

# nginx_has_young_worker: Succeeds if a worker is younger than 300 ms. Perhaps nginx has reloaded just now and has not
# yet told the old workers to end. In some containers the clock differs from that of the processes; there no worker
# counts as young.
nginx_has_young_worker() {
  local worker age
  now
  for worker in "${generation[@]:1}"; do
    # The kernel counts in hundredths of a second.
    age=$((now_ms - ${worker#*:} * 10))
    ((age < 0 || age >= 300)) || return 0
  done
  return 1
}

nginx_reload() {
  local nginx_pid_file nginx_master why asking master ended='' most=0 files open_files workers
  local -a generation old
  if ! nginx_find_master || ! nginx_read_generation; then
    printf '%s\n' "$why"
    return 1
  fi
  # Workers that another reload starts before this one are old, too. So are workers that were told to end and still have
  # requests.
  master=${generation[0]}
  generation_children "$nginx_master"
  nginx_add_workers_elsewhere
  workers=$((${#generation[@]} - 1))
  nginx_find_open_files
  files=$open_files
  # The output does not go to $release/reload. If this reload fails, the record of the earlier reload in that file is
  # still valid.
  nginx_ask_reload >"$release/reload.said" 2>&1 &
  asking=$!
  while ((most <= workers)); do
    ! nginx_read_generation || nginx_watch_overlap
    if [[ -z $ended ]] && ! pid_runs "$asking"; then
      now
      ended=$now_ms
    fi
    now
    [[ -z $ended ]] || ((now_ms - ended < 200)) || break
    pause 10 || break
  done
  wait "$asking" || {
    nginx_own_words "$(<"$release/reload.said")"
    return 1
  }
  printf '%s %s %s %s\n' "$most" "$workers" "${files:--}" "${old[*]-}" >"$release/reload"
  printf '%s\n' "$master ${old[*]-}"
}

nginx_confirm() {
  local nginx_pid_file nginx_master why until took asked=0 again=no most workers files step=5
  local -a generation old wanted
  nginx_recall_test
  now
  until=$((now_ms + took + 9500 < now_ms + limit - 500 ? now_ms + took + 9500 : now_ms + limit - 500))
  read -r -a wanted <<<"$1"
  nginx_recall_reload "$1"
  nginx_find_master || {
    printf '%s\n' "$why"
    return 1
  }
  while :; do
    nginx_judge
    case $? in
      0) return 0 ;;
      2) break ;;
    esac
    now
    ((now_ms < until)) || break
    # On a busy host the script may have missed the moment when old and new workers overlap, and the master may have no
    # files to close. So reload once more and watch again.
    if [[ $why == 'the new workers'* ]] && ((now_ms - asked > 500)); then
      asked=$now_ms
      if nginx_reload >/dev/null; then
        again=yes
        nginx_recall_reload "$1"
      fi
    fi
    pause "$step" || break
    ((step >= 20)) || step=$((step * 2))
  done
  printf '%s\n' "$why"
  return 1
}

# nginx_recall_test: Sets `took` to the milliseconds of the last test, 0 if they are not known.
nginx_recall_test() {
  local value text=''
  { read -r text <"$release/test.took"; } 2>/dev/null || :
  number "$text" 0
  took=$value
}

# nginx_recall_reload SNAPSHOT: Reads the record of `reload`. Sets `workers` (their number before the reload), `most`
# (their highest number since), `files`, and `old` (the old workers, those of the snapshot included).
nginx_recall_reload() {
  local line=''
  read -r most workers files line 2>/dev/null <"$release/reload"
  [[ -n $line && $most$workers =~ ^[0-9]+$ ]] || line='' most=0 workers=$((${#wanted[@]} - 1)) files=-
  read -r -a old <<<"${1#* } $line"
}

# nginx_mutex: Prints the path of the lock: the configuration's folder. A file in that folder cannot be the lock:
# packages and certbot replace files, and then the lock would be lost.
nginx_mutex() {
  local file
  file=$nginx_config
  [[ ! -L $file ]] || file=$(readlink -f -- "$file") || return
  printf '%s\n' "${file%/*}"
}

nginx_preflight() {
  local nginx_pid_file nginx_master why said
  if ! type -P -- "$nginx_binary" >/dev/null; then
    printf '%s\n' "$nginx_binary is not on this host (looked in $PATH): install nginx"
    return 1
  fi
  nginx_find_master || {
    printf '%s\n' "$why"
    return 1
  }
  nginx_is_alone || {
    printf '%s\n' "$why"
    return 1
  }
  fragment_writable "$nginx_file" || return
  nginx_allowed || return
  # `test` reports faults of the configuration. Here only one counts: our file is missing or somebody has damaged it.
  if ! said=$(nginx_as_root "$nginx_binary" -T -c "$nginx_config" 2>&1); then
    case $said in
      *" in $nginx_file:"* | *"\"$nginx_file\" failed"* | *"host not found in upstream \"${nginx_upstream:--}"* | *"unknown \"${nginx_set:--}"*) ;;
      *) return 0 ;;
    esac
    # A file that is exactly as a script of ours wrote it is not damaged. Then another file is the cause, and `test`
    # reports it.
    [[ $(nginx_routed) != 'color '* ]] || return 0
    if confirmed_fragment; then
      why='does not exist any more'
      if [[ -e $nginx_file ]]; then
        said=${said##*\[emerg\] }
        [[ ! $said =~ ^[0-9]+#[0-9]+:\  ]] || said=${said#*: }
        why="was damaged (${said%%$'\n'*})"
      fi
      printf '%s\n' "nginx needs $nginx_file, which $why: $confirmed was confirmed last; copy $confirmed_file to $nginx_file, then reload nginx"
      return 1
    fi
    [[ ! -e $nginx_file ]] || return 0
    printf '%s\n' "nginx needs $nginx_file, which does not exist yet: put the first one there by hand (nginx/${colors[0]}.conf among the built files), then reload nginx"
    return 1
  fi
  if nginx_includes "$said"; then
    nginx_cuts_the_drain "$said"
    return 0
  fi
  printf '%s\n' "nginx does not include $nginx_file: add \`include $nginx_file;\` to $nginx_config or to the site's server block"
  return 1
}

# nginx_cuts_the_drain DUMP: Prints a warning if nginx itself ends its old workers before the drain is over.
nginx_cuts_the_drain() {
  local value rest ms=0
  nginx_setting worker_shutdown_timeout "$1" || return 0
  rest=$value
  # Such as 10s, 1m30s or 10.
  while [[ $rest =~ ^([0-9]{1,9})(ms|s|m|h|d|$) ]]; do
    rest=${rest#"${BASH_REMATCH[0]}"}
    case ${BASH_REMATCH[2]} in
      ms) ms=$((ms + 10#${BASH_REMATCH[1]})) ;;
      m) ms=$((ms + 10#${BASH_REMATCH[1]} * 60000)) ;;
      h) ms=$((ms + 10#${BASH_REMATCH[1]} * 3600000)) ;;
      d) ms=$((ms + 10#${BASH_REMATCH[1]} * 86400000)) ;;
      *) ms=$((ms + 10#${BASH_REMATCH[1]} * 1000)) ;;
    esac
  done
  # Weeks and more are longer than any drain.
  [[ -z $rest ]] && ((ms > 0 && ms < drain_within)) || return 0
  printf '%s\n' "nginx cuts the requests of old workers after $value (worker_shutdown_timeout), but the drain allows $((drain_within / 1000))s: raise worker_shutdown_timeout, or lower drain in deploy.bg"
}

# nginx_holds ADDRESS…: Succeeds if a file that nginx loads, other than this app's file, contains one of the addresses.
nginx_holds() {
  local said line file='' found=1 address ours
  said=$(nginx_as_root "$nginx_binary" -T -c "$nginx_config" 2>/dev/null) || {
    printf '%s\n' 'nginx cannot print its configuration, because it is broken: run nginx -t'
    return 2
  }
  ours=$(readlink -f -- "$nginx_file")
  while IFS= read -r line; do
    if [[ $line == '# configuration file '*: ]]; then
      file=${line#'# configuration file '} file=${file%:}
      continue
    fi
    [[ $file != "$nginx_file" && $file != "$ours" && ! $line =~ ^[[:space:]]*# ]] || continue
    for address; do
      # 127.0.0.1:80810 does not contain the address 127.0.0.1:8081.
      [[ $line == *"$address" || $line == *"$address"[!0-9]* ]] || continue
      printf '%s\n' "$file contains $address"
      found=0
      break 2
    done
  done <<<"$said"
  return "$found"
}

# nginx_as_root COMMAND…: Runs the command, with sudo if deploy.bg says `sudo`.
nginx_as_root() {
  command -- ${sudo[@]+"${sudo[@]}"} "$@"
}

# nginx_allowed: Fails and prints the line for sudoers if this user may not test or reload nginx.
nginx_allowed() {
  local binary said line
  ((EUID != 0)) || return 0
  binary=$(type -P -- "$nginx_binary")
  if ((${#sudo[@]} == 0)); then
    # If the master runs as root, another user cannot signal it and cannot open its log and pid file.
    [[ -O /proc/$nginx_master ]] && return 0
    ((${#nginx_test[@]} == 0 || ${#nginx_reload[@]} == 0)) || return 0
    said="$(id -un) may not test and reload nginx, which runs as root: write \`sudo\` in deploy.bg"
  else
    said=$(nginx_as_root "$nginx_binary" -t -c "$nginx_config" 2>&1)
    [[ $said == *sudo:* || $said == *'not allowed'* ]] || return 0
    said="$(id -un) may not run nginx by sudo -n"
  fi
  line="$(id -un) ALL=(root) NOPASSWD: $binary -t -c $nginx_config, $binary -T -c $nginx_config"
  if ((${#nginx_reload[@]})); then
    line+=", $(type -P -- "${nginx_reload[0]}") ${nginx_reload[*]:1}"
  elif [[ -d /run/systemd/system ]]; then
    line+=", $(type -P systemctl) reload nginx"
  else
    line+=", $binary -s reload -c $nginx_config"
  fi
  printf '%s\n' "$said, and add this line to sudoers: $line"
  return 1
}

# nginx_own_words TEXT: Prints nginx's error message in one line.
nginx_own_words() {
  local line
  line=$(grep -m 1 -E '\[(emerg|alert|crit|error)\]' <<<"$1") || line=${1//$'\n'/; }
  printf '%s\n' "${line#nginx: }"
}

# nginx_includes DUMP: Succeeds if DUMP, the output of `nginx -T`, contains the file, or would contain it if the file
# existed.
nginx_includes() {
  local pattern
  [[ $1 != *"# configuration file $nginx_file:"* ]] || return 0
  [[ ! -e $nginx_file ]] || {
    [[ $1 == *"# configuration file $(readlink -f -- "$nginx_file"):"* ]]
    return
  }
  while IFS= read -r pattern; do
    [[ $pattern == /* ]] || pattern=${nginx_config%/*}/$pattern
    # shellcheck disable=SC2053 # the right side is a pattern
    [[ $nginx_file != $pattern ]] || return 0
  done < <(sed -n -E 's/^([^#]*[;{[:space:]])?include[[:space:]]+"?([^";[:space:]]+)"?[[:space:]]*;.*/\2/p' <<<"$1")
  return 1
}

# nginx_find_master: Sets `nginx_pid_file`, and `nginx_master` to the pid of the running master. If none runs, fails and
# sets `why`.
nginx_find_master() {
  local kept=$state/nginx.pid-file found=no text='' said value
  nginx_pid_file=$nginx_pid
  if [[ -z $nginx_pid_file ]]; then
    { IFS= read -r -d '' text <"$nginx_config"; } 2>/dev/null || :
    if nginx_setting pid "$text"; then
      nginx_pid_file=$value
    else
      # A file that the configuration includes may name the pid file. nginx may take seconds to print its configuration,
      # and it prints nothing if the configuration is broken. So the result is saved. All functions except `preflight`
      # use the saved result as long as it leads to a running master.
      if [[ ${name-} != preflight ]]; then
        { read -r nginx_pid_file <"$kept"; } 2>/dev/null && nginx_read_master && return 0
      fi
      nginx_pid_file=/run/nginx.pid
      ! nginx_built_with pid-path || nginx_pid_file=$value
      if said=$(nginx_as_root "$nginx_binary" -T -c "$nginx_config" 2>/dev/null); then
        found=yes
        ! nginx_setting pid "$said" || nginx_pid_file=$value
      fi
    fi
    # nginx reads a relative path from its prefix.
    [[ $nginx_pid_file == /* ]] || ! nginx_built_with prefix || nginx_pid_file=${value%/}/$nginx_pid_file
    [[ $found == no ]] || printf '%s\n' "$nginx_pid_file" 2>/dev/null >"$kept" || :
  fi
  nginx_read_master
}

# nginx_built_with OPTION: Sets `value` to the value of this option of nginx's build. Fails if it was not given.
nginx_built_with() {
  local said
  said=$("$nginx_binary" -V 2>&1)
  [[ $said =~ --$1=([^[:space:]]+) ]] && value=${BASH_REMATCH[1]}
}

# nginx_setting NAME TEXT: Sets `value` to the value of a setting with one word in the configuration TEXT. Fails if TEXT
# does not contain it. Comments do not count.
nginx_setting() {
  local line text='' quote=$'["\']?' shape
  [[ $2 == *"$1"* ]] || return 1
  while IFS= read -r line; do
    text+=" ${line%%#*}"
  done <<<"$2"
  shape='[;{}[:space:]]'$1'[[:space:]]+'$quote$'([^;"\'[:space:]]+)'$quote'[[:space:]]*;'
  [[ ";$text" =~ $shape ]] || return 1
  value=${BASH_REMATCH[1]}
}

# nginx_is_alone [accepts]: Fails and sets `why` if a second master is there that accepts on the same sockets or may do so again, as
# during an unfinished binary upgrade (USR2, and perhaps WINCH). A second master keeps its configuration, even after the
# first one has reloaded. One that only waits for its last workers (QUIT) does no harm. With `accepts` only a master that
# accepts now counts: a way back must not fail because of one that may do so later.
nginx_is_alone() {
  local other worker all accepts stat_state stat_parent stat_session stat_start
  local -a other_masters children
  nginx_find_other_masters
  for other in ${other_masters[@]+"${other_masters[@]}"}; do
    all=0 accepts=0
    pid_children "$other"
    for worker in ${children[@]+"${children[@]}"}; do
      [[ $worker != "$nginx_master" ]] || continue
      all=$((all + 1))
      ! nginx_accepts "$worker" || accepts=$((accepts + 1))
    done
    if ((accepts == 0)); then
      # A worker that has just been started still has the master's title, and no children.
      [[ ${1-} != accepts && $all == 0 ]] || continue
      ! pid_stat "$other" || [[ $stat_parent != "$nginx_master" ]] || continue
    fi
    why="two masters of nginx accept requests, $nginx_master and $other: a binary upgrade is not finished. End one of them (\`kill -QUIT\`), then try again"
    ((accepts)) || why="a second master of nginx, $other, has no workers but holds the sockets of $nginx_master: a binary upgrade is not finished. End it (\`kill -QUIT $other\`), then try again"
    return 1
  done
}

# nginx_find_other_masters: Sets `other_masters` to the pids of the other masters. In a binary upgrade the new master is
# a child of the old one, and the old one's pid file has another name.
nginx_find_other_masters() {
  local pid stat_state stat_parent stat_session stat_start title
  local -a children
  other_masters=()
  { read -r pid <"$nginx_pid_file.oldbin"; } 2>/dev/null || pid=''
  pid_stat "$nginx_master" || stat_parent=''
  pid_children "$nginx_master"
  for pid in $pid $stat_parent ${children[@]+"${children[@]}"}; do
    title=''
    { IFS= read -r -d '' title <"/proc/$pid/cmdline"; } 2>/dev/null
    [[ $pid == "$nginx_master" || $title != *'nginx: master process'* ]] || other_masters+=("$pid")
  done
}

# nginx_add_workers_elsewhere: Adds the workers of other masters to `old`, as PID:START. They finish their requests with
# an earlier configuration, so they count in the drain.
nginx_add_workers_elsewhere() {
  local other worker stat_state stat_parent stat_session stat_start
  local -a other_masters children
  nginx_find_other_masters
  for other in ${other_masters[@]+"${other_masters[@]}"}; do
    pid_children "$other"
    for worker in ${children[@]+"${children[@]}"}; do
      [[ $worker == "$nginx_master" ]] || ! pid_stat "$worker" || old+=("$worker:$stat_start")
    done
  done
}

nginx_read_master() {
  local title=''
  nginx_master=''
  { read -r nginx_master <"$nginx_pid_file"; } 2>/dev/null
  if [[ ! $nginx_master =~ ^[0-9]+$ ]]; then
    why="nginx does not run: its pid file $nginx_pid_file is missing or empty; start nginx"
    return 1
  fi
  { IFS= read -r -d '' title <"/proc/$nginx_master/cmdline"; } 2>/dev/null
  [[ $title == *'nginx: master process'* ]] && return 0
  if [[ ! -e /proc/$nginx_master ]] && grep -qs '^[^ ]* /proc proc .*hidepid=[12i]' /proc/self/mounts; then
    why="$(id -un) cannot see nginx's master, process $nginx_master: /proc is mounted with hidepid; run this as root, or add $(id -un) to the group that the mount names (gid=)"
    return 1
  fi
  why="nginx does not run: its pid file $nginx_pid_file names process $nginx_master, which is gone or not nginx's master; start nginx"
  return 1
}

# nginx_read_generation: Sets `generation`: the master and its workers. If it fails, sets `why`.
nginx_read_generation() {
  local pid stat_state stat_parent stat_session stat_start
  local -a children
  if ! pid_stat "$nginx_master" || [[ $stat_state == [ZXx] ]]; then
    why='nginx ended just now; start it'
    return 1
  fi
  generation=("$nginx_master:$stat_start")
  pid_children "$nginx_master"
  for pid in ${children[@]+"${children[@]}"}; do
    if nginx_accepts "$pid" && pid_stat "$pid" && [[ $stat_state != [ZXx] ]]; then
      generation+=("$pid:$stat_start")
    fi
  done
}

# nginx_accepts PID: Succeeds if the process is a worker (not a cache manager) that was not told to end.
nginx_accepts() {
  local title=''
  { IFS= read -r -d '' title <"/proc/$1/cmdline"; } 2>/dev/null
  [[ $title == *'worker process'* && $title != *'shutting down'* ]]
}

# nginx_ask_reload: Asks nginx to reload: with the setting `reload`, or through systemd if nginx is one of its units.
# Otherwise it sends HUP, as `nginx -s reload` does. With sudo it runs that command, because sudoers can allow a command
# but not a signal.
nginx_ask_reload() {
  if ((${#nginx_reload[@]})); then
    nginx_as_root "${nginx_reload[@]}"
  elif [[ -d /run/systemd/system && $(systemctl show --property=MainPID nginx.service 2>/dev/null) == "MainPID=$nginx_master" ]]; then
    nginx_as_root systemctl reload nginx
  elif ((${#sudo[@]} == 0)); then
    kill -HUP "$nginx_master"
  else
    nginx_as_root "$nginx_binary" -s reload -c "$nginx_config"
  fi
}

# nginx_is_old WORKER: Succeeds if the worker is in `old`.
nginx_is_old() {
  [[ " ${old[*]-} " == *" $1 "* ]]
}

# nginx_watch_overlap: Sets `most` to the number of workers that accept now, if it is the highest so far and one of them
# is new.
nginx_watch_overlap() {
  local worker
  ((${#generation[@]} - 1 > most)) || return 0
  for worker in "${generation[@]:1}"; do
    if ! nginx_is_old "$worker"; then
      most=$((${#generation[@]} - 1))
      return
    fi
  done
}

# nginx_find_open_files: Sets `open_files` to the master's descriptors other than sockets, such as `,0,1,2,5,`. It is
# empty if this user may not see them.
nginx_find_open_files() {
  local file
  open_files=','
  for file in "/proc/$nginx_master/fd/"*; do
    [[ ! -e $file || -S $file ]] || open_files+=${file##*/},
  done
  [[ $open_files != , ]] || open_files=''
}

# nginx_has_closed_a_file: Succeeds if the master has closed a file that was open before the reload. It does this only
# when the new configuration is in force. During the attempt and after a failure it keeps the old files open.
nginx_has_closed_a_file() {
  local open_files file
  [[ $files != - ]] || return 1
  nginx_find_open_files
  [[ -n $open_files ]] || return 1
  for file in ${files//,/ }; do
    [[ $open_files == *",$file,"* ]] || return 0
  done
  return 1
}

# nginx_judge: Returns 0 if a newer generation is in force. Otherwise sets `why`, and returns 1 for "not yet" or 2 for
# "never".
nginx_judge() {
  local worker new=0
  nginx_read_master && nginx_read_generation || return 2
  if [[ ${generation[0]} != "${wanted[0]}" ]]; then
    why="nginx was restarted meanwhile: its master was process ${wanted[0]%:*} and is $nginx_master now"
    return 2
  fi
  nginx_watch_overlap
  for worker in "${generation[@]:1}"; do
    if nginx_is_old "$worker"; then
      why="worker ${worker%:*} of nginx still uses the configuration from before the reload (its error log tells why: often a port that is taken)"
      return 1
    fi
    new=$((new + 1))
  done
  if ((new == 0)); then
    why='nginx has no worker: its error log tells why'
    return 1
  fi
  # A worker of the snapshot may have been missing when the reload was requested. So `most` must be at least the length
  # of the snapshot (its workers plus one). After a second reload (`again`) this is not required, because the first
  # reload may have loaded a configuration with fewer workers.
  if ((most > workers && most > 1)) && { [[ $again == yes ]] || ((most >= ${#wanted[@]})); }; then
    return 0
  fi
  ! nginx_has_closed_a_file || return 0
  why='the new workers of nginx did not come from this reload: the old ones had ended before (its error log tells why)'
  return 1
}
