# ---- net: listening sockets, connections and their processes -------------------------------------
#
# All data is read from /proc, so that the host needs no ss, netstat or lsof. The addresses there have the byte order of
# a little-endian machine, as every x86 and ARM Linux is.

# Functions for awk. They convert an address of /proc/net/tcp or tcp6, or an address in its usual form, to 32
# hexadecimal digits (IPv4 as IPv4-mapped IPv6), and back to the usual form.
# shellcheck disable=SC2016  # a program for awk, which expands its own dollars
net_awk='
  function hex(number) { return sprintf("%x", number) }
  function number_of(digits, at, number) {
    digits = tolower(digits)
    for (at = 1; at <= length(digits); at++) number = number * 16 + index("0123456789abcdef", substr(digits, at, 1)) - 1
    return number + 0
  }
  function canonical(raw, at, text) {
    for (at = 1; at < length(raw); at += 8)
      text = text substr(raw, at + 6, 2) substr(raw, at + 4, 2) substr(raw, at + 2, 2) substr(raw, at, 2)
    if (length(text) == 8) text = "00000000000000000000ffff" text
    return tolower(text)
  }
  function written(address, at, byte, text) {
    split(address, byte, ".")
    if (address !~ /:/) {
      text = sprintf("%02x%02x%02x%02x", byte[1], byte[2], byte[3], byte[4])
      return "00000000000000000000ffff" text
    }
    if (match(address, /[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/)) {
      text = substr(written(substr(address, RSTART)), 25)
      address = substr(address, 1, RSTART - 1) substr(text, 1, 4) ":" substr(text, 5)
    }
    at = index(address, "::")
    if (at == 0) return groups(address)
    text = groups(substr(address, at + 2))
    address = groups(substr(address, 1, at - 1))
    while (length(address) + length(text) < 32) address = address "0"
    return address text
  }
  function groups(list, count, part, at, text) {
    count = split(list, part, ":")
    for (at = 1; at <= count; at++) text = text sprintf("%04x", number_of(part[at]))
    return text
  }
  function shown(address, at, text) {
    if (substr(address, 1, 24) == "00000000000000000000ffff") {
      for (at = 25; at < 32; at += 2) text = text (at > 25 ? "." : "") number_of(substr(address, at, 2))
      return text
    }
    for (at = 1; at < 32; at += 4) text = text ":" hex(number_of(substr(address, at, 4)))
    text = substr(text, 2)
    # Leave out the first run of zeros, as is usual.
    if (text ~ /^0:0:/) sub(/^0:0(:0)*/, ":", text)
    else if (text ~ /:0:0/) sub(/:0:0(:0)*/, ":", text)
    return text == ":" ? "::" : text
  }'

# net_tables: Sets `tables` to the files that the kernel has. Without IPv6 there is only one.
net_tables() {
  local file
  tables=()
  for file in /proc/net/tcp /proc/net/tcp6; do
    [[ ! -r $file ]] || tables+=("$file")
  done
}

listening=() # inodes, set by `port_listens`

# port_listens PORT: Succeeds if a process listens on the port, at any address. Sets `listening` to the inodes of the
# sockets. No process is started for this. The kernel lists listening sockets (0A; on old kernels also connections that
# are being opened, 03) before all other sockets. There may be very many others, so the search ends at the first one.
port_listens() {
  local file row inode wanted count _
  local -a rows
  printf -v wanted ':%04X' "$1"
  listening=()
  for file in /proc/net/tcp /proc/net/tcp6; do
    # Read a block of lines at once: after each line `read` would go back to the line's end, and the kernel would
    # generate the table again. Only if a block is full of listening sockets, a larger one is read. On a busy host the
    # whole table takes 20 ms.
    count=64 rows=()
    while mapfile -t -s 1 -n "$count" rows 2>/dev/null <"$file"; do
      case ${rows[count - 1]-} in
        *' 0A '* | *' 03 '*) count=$((count * 4)) ;;
        *) break ;;
      esac
    done
    for row in ${rows[@]+"${rows[@]}"}; do
      case $row in
        *"$wanted "*' 0A '*)
          read -r _ _ _ _ _ _ _ _ _ inode _ <<<"$row"
          listening+=("$inode")
          ;;
        *' 0A '* | *' 03 '*) ;;
        *) break ;;
      esac
    done
  done
  ((${#listening[@]}))
}

# count_sockets: Sets `sockets` to the numbers of sockets in use. A new listening socket changes them. Reading them
# takes almost no time; the tables take milliseconds.
count_sockets() {
  local protocol count file _
  sockets=''
  for file in /proc/net/sockstat /proc/net/sockstat6; do
    while read -r protocol _ count _; do
      [[ $protocol != TCP* ]] || sockets+=" $count"
    done 2>/dev/null <"$file"
  done
}

# listeners PORT: Prints a line `ADDRESS INODE` for each socket that listens on the port.
listeners() {
  local tables port
  printf -v port ':%04X' "$1"
  net_tables
  LC_ALL=C awk -v port="$port" "$net_awk"'
    # Listening sockets come before all others (see port_listens).
    $4 != "0A" && $4 != "03" && $4 != "st" { nextfile }
    $4 == "0A" && substr($2, length($2) - 4) == port {
      print shown(canonical(substr($2, 1, length($2) - 5))), $10
    }' ${tables[@]+"${tables[@]}"} </dev/null
}

# established_to HOST:PORT: Prints how many established connections lead there. Fails if HOST is a name that cannot be
# resolved, because then the number is unknown.
established_to() {
  local tables host=${1%:*} port addresses
  printf -v port ':%04X' "${1##*:}"
  host=${host#[}
  host=${host%]}
  addresses=$host
  if [[ $host == localhost ]]; then
    addresses='127.0.0.1 ::1'
  elif [[ $host != *:* && ! $host =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
    addresses=$(getent ahosts "$host" 2>/dev/null | awk '!seen[$1]++ { printf "%s ", $1 }')
    [[ -n $addresses ]] || return 1
  fi
  net_tables
  LC_ALL=C awk -v port="$port" -v addresses="$addresses" "$net_awk"'
    BEGIN {
      count = split(addresses, address, " ")
      for (at = 1; at <= count; at++) wanted[written(address[at])] = 1
      total = 0
    }
    $4 == "01" && substr($3, length($3) - 4) == port && (canonical(substr($3, 1, length($3) - 5)) in wanted) { total++ }
    END { print total }' ${tables[@]+"${tables[@]}"} </dev/null
}

# socket_owners INODE [PID…]: Prints the processes that hold this socket: of the given ones, or of all. Processes that
# this user may not inspect are missing.
socket_owners() {
  local inode=$1 folder
  local -a folders=()
  shift
  if (($#)); then
    for folder; do
      folders+=("/proc/$folder/fd")
    done
  else
    for folder in /proc/[0-9]*/fd; do
      folders+=("$folder")
    done
  fi
  # One `ls` reads all folders. With a second folder it always prints each folder's name.
  # shellcheck disable=SC2012  # the names are numbers
  LC_ALL=C ls -ln "${folders[@]}" /proc/self/fdinfo 2>/dev/null | LC_ALL=C awk -v wanted="socket:[$inode]" '
    /^\/proc\// { split($0, part, "/"); pid = part[3]; said = 0 }
    $NF == wanted && !said { print pid; said = 1 }'
}

# owners_of_port PORT: Prints which processes listen on the port, in a few words.
owners_of_port() {
  local inode pid words='' seen=' ' _
  while read -r _ inode; do
    while read -r pid; do
      [[ $seen != *" $pid "* ]] || continue
      seen+="$pid "
      words+="${words:+, }process $pid ($(pid_command "$pid")), user $(user_of "$pid")"
    done < <(socket_owners "$inode")
  done < <(listeners "$1")
  printf '%s\n' "${words:-a process of another user, or the network of a container}"
}

# owners_of_ports PORTS: Prints the same for those of the ports on which something listens.
owners_of_ports() {
  local one words=''
  for one in $1; do
    ! port_listens "$one" || words+="${words:+, }$(owners_of_port "$one")"
  done
  printf '%s' "$words"
}

# user_of PID: Prints the name of the process's user, or the number if the user has no name.
user_of() {
  local key number='?' user uid _
  {
    while read -r key number _; do
      [[ $key != Uid: ]] || break
    done <"/proc/$1/status"
  } 2>/dev/null || :
  while IFS=: read -r user _ uid _; do
    [[ $uid != "$number" ]] || {
      printf '%s\n' "$user"
      return
    }
  done </etc/passwd
  printf '%s\n' "$number"
}

# tcp_connect HOST PORT: Opens a connection on descriptor `tcp_fd`. Returns 10 if it is refused, 11 if the host is
# unknown, 12 if there is no route, 13 for any other failure; `tcp_why` says which. It may take minutes, so call it
# within `bounded`.
tcp_connect() {
  local LC_ALL=C
  [[ $1 =~ ^[A-Za-z0-9._:%-]+$ && $2 =~ ^[0-9]+$ ]] || {
    tcp_why="not an address: $1:$2"
    return 13
  }
  # bash reports the failure only in words, so the words decide which failure it was.
  { exec {tcp_fd}<>"/dev/tcp/$1/$2"; } 2>"$scratch/connect" && return 0
  IFS= read -r -d '' tcp_why <"$scratch/connect" || :
  case $tcp_why in
    *refused*) return 10 ;;
    *'not known'* | *'No address'* | *'name resolution'* | *resolve* | *'nknown host'*) return 11 ;;
    *unreachable* | *'No route'*) return 12 ;;
    *) ;;
  esac
  tcp_why=${tcp_why%$'\n'}
  tcp_why=${tcp_why##*: }
  return 13
}

# connect_refused HOST PORT: Returns 0 if the connection is refused, 1 if it is accepted, 2 if there is no answer.
connect_refused() {
  bounded 2000 tcp_connect "$1" "$2"
  case $? in
    10) return 0 ;;
    0) return 1 ;;
    *) return 2 ;;
  esac
}
