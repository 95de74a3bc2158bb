# ---- process: which processes run, since when, and in which session ------------------------------
#
# All data is read from /proc. Pids are reused, so a process is identified by its pid and start time. A zombie counts as
# ended.

# pid_stat PID: Sets stat_state, stat_parent, stat_session and stat_start (in ticks since boot). Returns 1 if there is
# no such process.
pid_stat() {
  local line=''
  # The program's name is in parentheses and may contain any character, even line ends and parentheses. So the
  # fields after the last parenthesis are read.
  { IFS= read -r -d '' line <"/proc/$1/stat"; } 2>/dev/null
  [[ -n $line ]] || return 1
  # shellcheck disable=SC2086 # a letter and numbers; `read` would take twice as long
  set -- ${line##*) }
  stat_state=$1 stat_parent=$2 stat_session=$4 stat_start=${20}
}

# process_start_time PID: Prints the process's start time, in ticks since boot. Returns 1 if the process has ended.
process_start_time() {
  local stat_state stat_parent stat_session stat_start
  pid_stat "$1" && [[ $stat_state != [ZXx] ]] && printf '%s\n' "$stat_start"
}

# pid_is PID START: Succeeds if the process with this pid and start time still runs.
pid_is() {
  local stat_state stat_parent stat_session stat_start
  pid_stat "$1" && [[ $stat_state != [ZXx] && $stat_start == "$2" ]]
}

# pid_runs PID: Succeeds if PID, a child of this shell, still runs. `kill -0` succeeds until bash has collected the
# child's exit code, and under load bash sometimes misses the end of a child.
pid_runs() {
  local stat_state stat_parent stat_session stat_start
  pid_stat "$1" && [[ $stat_state != [ZXx] ]]
}

# pid_descends PID ANCESTOR: Succeeds if PID is ANCESTOR or a descendant of it.
pid_descends() {
  local stat_state stat_parent=$1 stat_session stat_start
  while [[ $stat_parent != "$2" ]]; do
    ((stat_parent > 1)) && pid_stat "$stat_parent" || return 1
  done
}

# pid_children PID: Sets `children` to the pids of the process's children.
pid_children() {
  local stat_state stat_parent stat_session stat_start file
  children=()
  if { read -r -d '' -a children <"/proc/$1/task/$1/children"; } 2>/dev/null || [[ -e /proc/$1/task/$1/children ]]; then
    return 0
  fi
  # The kernel does not have that file.
  for file in /proc/[0-9]*; do
    pid_stat "${file#/proc/}" && [[ $stat_parent == "$1" ]] && children+=("${file#/proc/}")
  done
  return 0
}

# pid_command PID: Prints the process's command line for messages: one line of at most 120 printable characters.
pid_command() {
  local line
  line=$({ tr '\0\001-\037\177' ' ' <"/proc/$1/cmdline"; } 2>/dev/null)
  [[ -n $line ]] || { read -r line <"/proc/$1/comm"; } 2>/dev/null || line='?'
  line=${line%"${line##*[! ]}"}
  printf '%s\n' "${line:0:120}"
}

# close_descriptors [KEEP…]: Closes this shell's descriptors except 0, 1, 2 and KEEP: locks, and pipes of the script's
# caller. A process that outlives the script would otherwise hold them until it ends.
close_descriptors() {
  local file descriptor keep
  for file in "/proc/$BASHPID/fd/"*; do
    descriptor=${file##*/}
    # Bash uses 255 for itself and closes it.
    if [[ ! $descriptor =~ ^[0-9]+$ ]] || ((descriptor < 3 || descriptor == 255)); then
      continue
    fi
    for keep; do
      [[ $descriptor != "$keep" ]] || continue 2
    done
    { exec {descriptor}>&-; } 2>/dev/null || :
  done
}

# default_signals: Resets the signals that the script ignores. Otherwise a program that it starts would ignore them,
# too.
default_signals() {
  trap - HUP INT QUIT PIPE TERM
}
