# ---- account: the environment that programs get, whoever calls the script --------------------------

# The PATH that every program gets, whether the script is called by hand, from CI or at boot.
fixed_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# find_account USER: Sets `account` to the user's line of passwd. USER is a name or a number. Fails if there is no such
# user.
find_account() {
  local user password uid rest
  # Most users are in /etc/passwd, and reading it starts no process. `getent` also finds the users of a directory
  # service.
  while IFS=: read -r user password uid rest; do
    account=$user:$password:$uid:$rest
    [[ $user != "$1" && $uid != "$1" ]] || return 0
  done 2>/dev/null </etc/passwd
  account=$(getent passwd "$1" 2>/dev/null)
  # In a container this user may have no name.
  [[ -n $account || $1 != "$EUID" ]] || account=$EUID:x:$EUID:$EUID::/:/bin/sh
  if [[ -z $account ]]; then
    printf '%s\n' "there is no user $1 on this host: create it, or correct \`user\` in deploy.bg"
    return 1
  fi
}

# fixed_environment: Sets `environment` to the variables that a program of `account` gets: of the script's caller it gets
# none.
fixed_environment() {
  local name user home shell _
  IFS=: read -r user _ _ _ _ home shell <<<"$account"
  environment=("PATH=$fixed_path" "HOME=$home" "USER=$user" "LOGNAME=$user" "SHELL=${shell:-/bin/sh}" LANG=C.UTF-8)
  for name in ${input_names[@]+"${input_names[@]}"}; do
    environment+=("$name=${input[$name]}")
  done
  [[ -z $port ]] || environment+=("PORT=$port")
  environment+=("COLOR=$color" "DEPLOY_COLOR=$color")
}

# find_program PROGRAM: Fails unless a program without a `/` in its name is in the PATH of `environment`. The caller's
# PATH does not count, because `resume` has another one at the next boot.
find_program() {
  local path entry here
  [[ $1 != */* ]] || return 0
  for entry in "${environment[@]}"; do
    [[ $entry != PATH=* ]] || path=${entry#PATH=}
  done
  ! PATH=$path type -P -- "$1" >/dev/null || return 0
  here=$(type -P -- "$1")
  printf '%s\n' "$1 is not in the PATH that programs get ($path): name it by its absolute path${here:+ (here $here)}, or set env { PATH = \"…\" }"
  return 1
}
