# ---- run process, kept by systemd: a transient unit ----------------------------------------------

process_start_in_systemd() {
  local unit=deployc-$app-$color-$service-${release##*/} file=$release/told.$service why invocation text
  local unit_state unit_invocation unit_code unit_signalled
  local -a options
  (umask 077 && process_print_command "${process_command[@]}" 2>/dev/null >"$file") || {
    printf '%s\n' "cannot write $file: is the disk full?"
    return 1
  }
  options=(--quiet --unit="$unit" --description="$app $color $service" --service-type=exec
    --property=KillMode=mixed --property=KillSignal="SIG$process_signal" --property=TimeoutStopSec="${stop_within}ms"
    '--property=SuccessExitStatus=130 131 143' --property=WorkingDirectory="$process_directory"
    --property=StandardInput="file:$file")
  [[ -z $process_user ]] || options+=(--uid="$process_user")
  [[ -z $process_open_files ]] || options+=(--property=LimitNOFILE="$process_open_files")
  systemctl reset-failed "$unit.service" 2>/dev/null || :
  # systemd would change some values in arguments, so a shell reads them from the file and is then replaced by the
  # program. systemd expands $ in the shell's text, so each $ is written as $$.
  text="$(declare -f process_become_command)"$'\n''exec 4<&0 </dev/null; process_become_command'
  # Save the unit's name before the start: if the script is killed now, the unit is known to belong to this release.
  save_identity "unit $unit -" || {
    printf '%s\n' "cannot write to $release: is the disk full?"
    return 1
  }
  if ! why=$(systemd-run "${options[@]}" -- "$BASH" -c "${text//\$/\$\$}" deployc 2>&1); then
    rm -f "$file"
    why=${why//$'\n'/; }
    process_unit_state "$unit"
    # The program was started and ended before systemd reported the start. `alive` will say how it ended. Codes from 200
    # on are from systemd itself, which means that the program was not started.
    if [[ -z $why && -n $unit_invocation && $unit_code =~ ^[0-9]+$ ]] && ((unit_code < 200)); then
      save_identity "unit $unit $unit_invocation"
      return
    fi
    printf '%s\n' "systemd did not start ${process_command[0]}: ${why:-it ended with code ${unit_code:-?} before the program began}"
    return 1
  fi
  rm -f "$file"
  # If systemd does not answer now, the unit's name remains the identity.
  invocation=$(systemctl show --property=InvocationID "$unit.service" 2>/dev/null) || return 0
  [[ -z ${invocation#*=} ]] || save_identity "unit $unit ${invocation#*=}"
}

# process_unit_state UNIT: Sets unit_state, unit_invocation, unit_code and unit_signalled.
process_unit_state() {
  local key value
  unit_state='' unit_invocation='' unit_code='' unit_signalled=no
  while IFS='=' read -r key value; do
    case $key in
      ActiveState) unit_state=$value ;;
      InvocationID) unit_invocation=$value ;;
      ExecMainStatus) unit_code=$value ;;
      # 2 and 3 are the kernel's CLD_KILLED and CLD_DUMPED.
      ExecMainCode) [[ $value != [23] ]] || unit_signalled=yes ;;
    esac
  done < <(systemctl show --property=ActiveState --property=InvocationID --property=ExecMainStatus --property=ExecMainCode "$1.service" 2>/dev/null)
}

process_alive_unit() {
  local unit_state unit_invocation unit_code unit_signalled
  process_unit_state "$1"
  if [[ -z $unit_state ]]; then
    printf '%s\n' 'systemd does not answer'
    return 2
  fi
  # `-`: the invocation was not saved, because the script was killed or systemd did not answer. The unit's name contains
  # the release, so the name is enough.
  [[ -n ${2#-} ]] || set -- "$1" "$unit_invocation"
  case $unit_state:$unit_invocation in
    "active:$2" | "activating:$2" | "reloading:$2" | "deactivating:$2") return 0 ;;
    *":$2")
      [[ $unit_signalled == no ]] || unit_code=$((unit_code + 128))
      process_say_exit "$unit_code"
      ;;
    # systemd forgets a unit that ended with success.
    *) process_say_exit 0 ;;
  esac
  return 1
}

# process_unit_is_gone UNIT INVOCATION: Succeeds if the unit does not run. Fails also if systemd does not answer,
# because then the unit may still run.
process_unit_is_gone() {
  process_alive_unit "$1" "$2" >/dev/null
  (($? == 1))
}

process_stop_unit() {
  local unit_state unit_invocation unit_code unit_signalled why
  if process_unit_is_gone "$1" "$2"; then
    process_clear
    return 0
  fi
  why=$(systemctl stop "$1.service" 2>&1) || why=${why:-systemctl stop failed}
  if ! process_unit_is_gone "$1" "$2"; then
    systemctl kill --signal=KILL "$1.service" 2>/dev/null || :
    pause 200
    if ! process_unit_is_gone "$1" "$2"; then
      printf '%s\n' "unit $1 does not end: ${why//$'\n'/; }"
      return 1
    fi
  fi
  process_clear
}
