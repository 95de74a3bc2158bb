dialing_dial() { fake_do switch.dial dialing_reaches "$@"; }

# dialing_reaches ADDRESS…: Succeeds if a service runs at each address and the proxy can reach its color.
dialing_reaches() {
  local wanted file place
  for wanted; do
    for file in "${root%/*}/world/runs"/*; do
      [[ -f $file ]] && read -r _ place _ <"$file" || continue
      [[ $place == "$wanted" ]] || continue
      file=${file##*/}
      ! fake_says deaf "${file%.*}" && continue 2
    done
    printf 'nobody is at %s\n' "$wanted"
    return 1
  done
}
