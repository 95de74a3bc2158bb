# ---- inputs: values of a deployment, checked and read once, kept with the release --------------

declare -A input=()

# take_inputs: those of a new deployment; whatever was looked at before does not count.
take_inputs() {
  empty_inputs
  read_inputs
}

# empty_inputs: every input is there and empty; settings that name one can be looked at before any is known.
empty_inputs() {
  local name
  input=()
  for name in ${input_names[@]+"${input_names[@]}"}; do
    input[$name]=''
  done
}

# read_input WHERE NAME TYPE [default V] [file PATH] [pattern ERE] [values V…]
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
  # CI systems pass a missing variable as an empty one.
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
    # It may come with the artifact.
    [[ $file != "$staging"/* || -e $file ]] || artifact_is_missing=yes
    fail_with "input $name is not given ($where): set it in the environment${file:+ or as $name=… in $file}"
    return
  fi
  input_fits "$type" "$value" "$pattern" ${values[@]+"${values[@]}"} || {
    # A secret's value is not shown, not even a wrong one.
    [[ $type == secret ]] && value='***'
    fail_with "input $name ($where) is '$value': expected $expected"
    return
  }
  input[$name]=$value
  [[ $type != secret ]] || hide "$value"
}

# hide SECRET: it is not shown from now on, nor is a line of it that tells something.
hide() {
  local line
  hide_text "$1"
  [[ $1 == *$'\n'* ]] || return 0
  while IFS= read -r line; do
    ((${#line} < 6)) || hide_text "$line"
  done <<<"$1"
}

# hide_text TEXT: the longest come first, or the rest of one that begins like another would show.
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

# value_in_file FILE NAME: sets `value` from the last NAME=value line. The text after = is the value,
# one pair of quotes around it taken off; nothing in it is run.
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

# input_fits TYPE VALUE PATTERN VALUES…: sets `expected` to what the type accepts.
input_fits() {
  local value=$2 pattern=$3 choice
  case $1 in
    string | secret)
      expected='any text'
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

# save_inputs: to files of the candidate that only this user may read; any text survives that way.
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

# load_inputs RELEASE: those of that release, whatever the environment says now.
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
