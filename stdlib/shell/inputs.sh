# ---- inputs: a deployment's inputs are read and checked once, and kept with the release ----------

declare -A input=()

# take_inputs: Reads the inputs of a new deployment. Earlier values are forgotten.
take_inputs() {
  empty_inputs
  read_inputs
}

# empty_inputs: Sets every input to an empty text, so that settings with inputs can be read before the inputs are known.
empty_inputs() {
  local name
  input=()
  for name in ${input_names[@]+"${input_names[@]}"}; do
    input[$name]=''
  done
}

# read_input WHERE NAME TYPE [default V] [file PATH] [pattern ERE] [values V…]: Reads one input from the environment,
# else from the file, else from the default, and checks it.
read_input() {
  local where=${1#@} name=$2 type=$3 has_default=no default='' file='' pattern='' value given=no
  local -a values=()
  shift 3
  [[ $where == *:* ]] || where=$source:$where
  while (($#)); do
    case $1 in
      default)
        has_default=yes
        default=$2
        shift 2
        ;;
      file)
        file=$2
        shift 2
        ;;
      pattern)
        pattern=$2
        shift 2
        ;;
      values)
        shift
        values=("$@")
        break
        ;;
    esac
  done
  value=''
  # An empty variable counts as missing, because CI systems pass missing variables in this way.
  if [[ -n ${!name-} ]]; then
    value=${!name}
    given=yes
  elif [[ -n $file ]] && value_in_file "$file" "$name"; then
    given=yes
  elif [[ $has_default == yes ]]; then
    value=$default
    given=yes
  fi
  if [[ $given == no ]]; then
    # The file may come with the artifact.
    [[ $file != "$staging"/* || -e $file ]] || artifact_is_missing=yes
    fail_with "input $name is not given ($where): set it in the environment${file:+ or as $name=… in $file}"
    return
  fi
  input_fits "$type" "$value" "$pattern" ${values[@]+"${values[@]}"} || {
    # A secret is not shown, even if its value is wrong.
    [[ $type == secret ]] && value='***'
    fail_with "input $name ($where) is '$value': expected $expected"
    return
  }
  input[$name]=$value
  [[ $type != secret ]] || hide "$value"
}

# hide SECRET: Masks the secret in all output from now on. Of a secret with several lines, each line of 6 or more
# characters is masked, too.
hide() {
  local line
  hide_text "$1"
  [[ $1 == *$'\n'* ]] || return 0
  while IFS= read -r line; do
    ((${#line} < 6)) || hide_text "$line"
  done <<<"$1"
}

# hide_text TEXT: Adds TEXT to `secret_values`, the longest first. Otherwise, if a secret begins like a shorter one, its
# rest would be shown.
hide_text() {
  local other placed=no
  local -a sorted=()
  for other in ${secret_values[@]+"${secret_values[@]}"}; do
    [[ $other != "$1" ]] || return 0
    if [[ $placed == no ]] && ((${#1} > ${#other})); then
      sorted+=("$1")
      placed=yes
    fi
    sorted+=("$other")
  done
  [[ $placed == yes ]] || sorted+=("$1")
  secret_values=(${sorted[@]+"${sorted[@]}"})
}

# value_in_file FILE NAME: Sets `value` from the file's last line `NAME=value`. The value is the text after `=`, without
# one pair of quotes around it. No part of it is executed.
value_in_file() {
  local line found=1
  [[ -r $1 ]] || return 1
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    line=${line#export }
    if [[ $line == "$2="* ]]; then
      value=${line#*=}
      found=0
    fi
  done <"$1"
  case $value in
    \"*\" | \'*\') value=${value:1:${#value}-2} ;;
  esac
  return "$found"
}

# input_fits TYPE VALUE PATTERN VALUES…: Succeeds if VALUE has this type. Sets `expected` to what the type accepts.
input_fits() {
  local value=$2 pattern=$3 choice
  case $1 in
    string)
      expected='any text'
      ;;
    secret)
      expected="${pattern:+something that matches $pattern}"
      [[ -z $pattern || $value =~ ^($pattern)$ ]]
      ;;
    path)
      expected='an absolute path, such as /etc/app.env'
      [[ $value == /* ]]
      ;;
    url)
      expected='a URL that begins with http:// or https://'
      [[ $value =~ ^https?://[^[:space:]/]+ ]]
      ;;
    int)
      expected='a whole number'
      [[ $value =~ ^-?[0-9]{1,18}$ ]]
      ;;
    port)
      expected='a port from 1 to 65535'
      [[ $value =~ ^[0-9]{1,5}$ ]] && ((10#$value >= 1 && 10#$value <= 65535))
      ;;
    duration)
      expected='a duration such as 500ms, 10s, 5m or 1h'
      [[ $value =~ ^[0-9]+(ms|s|m|h)$ ]]
      ;;
    bool)
      expected='true or false'
      [[ $value == true || $value == false ]]
      ;;
    matching)
      expected="something that matches $pattern"
      [[ $value =~ ^($pattern)$ ]]
      ;;
    one_of)
      shift 3
      expected="one of $*"
      for choice; do
        [[ $value != "$choice" ]] || return 0
      done
      return 1
      ;;
  esac
}

# save_inputs: Saves each input in a file of the candidate that only this user may read. A file can hold any text.
save_inputs() {
  local name
  mkdir -m 700 "$candidate/inputs" || return
  for name in ${input_names[@]+"${input_names[@]}"}; do
    (
      umask 077
      printf '%s' "${input[$name]}" >"$candidate/inputs/$name"
    ) || return
  done
}

# load_inputs RELEASE: Loads the inputs of the release. The environment does not count.
load_inputs() {
  local file name value
  empty_inputs
  for file in "$1"/inputs/*; do
    [[ -f $file ]] || continue
    IFS= read -r -d '' value <"$file" || :
    input[${file##*/}]=$value
  done
  for name in ${secret_names[@]+"${secret_names[@]}"}; do
    hide "${input[$name]}"
  done
}
