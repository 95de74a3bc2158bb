# ---- net: who listens, who is connected, from /proc ---------------------------------------------

# listeners PORT: prints `ADDRESS INODE` for each socket that listens on it, in IPv4 and IPv6.
listeners() {
  local port_hex
  printf -v port_hex '%04X' "$1"
  awk -v port=":$port_hex" '$4 == "0A" && substr($2, length($2) - 4) == port { print $2, $10 }' \
    /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# socket_owners INODE: prints the pids that hold the socket; none without the rights to see them.
socket_owners() {
  # shellcheck disable=SC2012 # /proc has no names that `ls` could garble, and `find -lname` is not in BusyBox
  ls -l /proc/[0-9]*/fd 2>/dev/null | awk -v socket="socket:[$1]" '
    /^\/proc\// { split($0, part, "/"); pid = part[3]; next }
    substr($0, length($0) - length(socket) + 1) == socket && pid != last { print pid; last = pid }'
}

# owners_of_port PORT: a few words about who listens there.
owners_of_port() {
  local inode pid words='' _
  while read -r _ inode; do
    for pid in $(socket_owners "$inode"); do
      words+="${words:+, }process $pid ($(pid_command "$pid")), user $(stat -c %U "/proc/$pid" 2>/dev/null)"
    done
  done < <(listeners "$1")
  printf '%s\n' "${words:-a process of another user, or the network of a container}"
}

# established_to HOST:PORT: prints the number of established connections to it from this host.
established_to() {
  local host=${1%:*} port=${1##*:} address=''
  local -a byte
  printf -v port '%04X' "$port"
  if [[ $host =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
    IFS=. read -r -a byte <<<"$host"
    # The kernel prints the bytes of an IPv4 address the other way round, on machines that do so themselves.
    printf -v address '%02X%02X%02X%02X' "${byte[3]}" "${byte[2]}" "${byte[1]}" "${byte[0]}"
  fi
  awk -v port="$port" -v address="$address" '
    $4 == "01" {
      split($3, remote, ":")
      if (remote[2] == port && (address == "" || substr(remote[1], length(remote[1]) - 7) == address)) found++
    }
    END { print found + 0 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# connect_to HOST PORT: whether somebody accepts a connection.
connect_to() {
  (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

# connect_refused HOST PORT: whether nobody does. No answer within a second is not a refusal.
connect_refused() {
  bounded 1000 connect_to "$1" "$2"
  (($? == 1))
}
