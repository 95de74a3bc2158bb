# ---- process: who runs, since when, in which session --------------------------------------------
#
# All of it is read from /proc. A pid alone names nobody, for pids are used again; a pid and its start time do. A zombie is gone.

# pid_stat PID: sets stat_state stat_parent stat_session stat_start (ticks since boot); 1 when there is no such process.
pid_stat() {
  local line=''
  # The program's name stands in parentheses and may hold anything, line ends and parentheses too: what counts comes after it.
  { IFS= read -r -d '' line <"/proc/$1/stat"; } 2>/dev/null
  [[ -n $line ]] || return 1
  # shellcheck disable=SC2086 # a letter and numbers; to read them as a line takes twice as long
  set -- ${line##*) }
  stat_state=$1 stat_parent=$2 stat_session=$4 stat_start=${20}
}

# process_start_time PID: prints when it started, in ticks since boot; 1 when it is gone.
process_start_time() {
  local stat_state stat_parent stat_session stat_start
  pid_stat "$1" && [[ $stat_state != [ZXx] ]] && printf '%s\n' "$stat_start"
}

# pid_is PID START: it is still the process that it was.
pid_is() {
  local stat_state stat_parent stat_session stat_start
  pid_stat "$1" && [[ $stat_state != [ZXx] && $stat_start == "$2" ]]
}

# pid_runs PID: for children of this shell, which `kill -0` finds for as long as bash has not taken their exit code; under load it
# misses a child's end at times.
pid_runs() {
  local stat_state stat_parent stat_session stat_start
  pid_stat "$1" && [[ $stat_state != [ZXx] ]]
}

# pid_descends PID ANCESTOR
pid_descends() {
  local stat_state stat_parent=$1 stat_session stat_start
  while [[ $stat_parent != "$2" ]]; do
    ((stat_parent > 1)) && pid_stat "$stat_parent" || return 1
  done
}

# pid_children PID: sets `children`.
pid_children() {
  local stat_state stat_parent stat_session stat_start file
  children=()
  if { read -r -d '' -a children <"/proc/$1/task/$1/children"; } 2>/dev/null || [[ -e /proc/$1/task/$1/children ]]; then
    return 0
  fi
  # A kernel without that file.
  for file in /proc/[0-9]*; do
    pid_stat "${file#/proc/}" && [[ $stat_parent == "$1" ]] && children+=("${file#/proc/}")
  done
  return 0
}

# pid_command PID: prints its command line for people: one line of printable characters, at most 120.
pid_command() {
  local line
  line=$({ tr '\0\001-\037\177' ' ' <"/proc/$1/cmdline"; } 2>/dev/null)
  [[ -n $line ]] || { read -r line <"/proc/$1/comm"; } 2>/dev/null || line='?'
  line=${line%"${line##*[! ]}"}
  printf '%s\n' "${line:0:120}"
}

# close_descriptors [KEEP…]: closes what this shell holds beyond the first three: locks, pipes of whoever called the script. What
# outlives the script would hold them for as long as it lives.
close_descriptors() {
  local file descriptor keep
  for file in "/proc/$BASHPID/fd/"*; do
    descriptor=${file##*/}
    # 255 is bash's own and closed by it.
    if [[ ! $descriptor =~ ^[0-9]+$ ]] || ((descriptor < 3 || descriptor == 255)); then
      continue
    fi
    for keep; do
      [[ $descriptor != "$keep" ]] || continue 2
    done
    { exec {descriptor}>&-; } 2>/dev/null || :
  done
}

# default_signals: undoes what the script ignores; a program that it starts would ignore it as well.
default_signals() {
  trap - HUP INT QUIT PIPE TERM
}
