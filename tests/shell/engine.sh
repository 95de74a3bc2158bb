# For tests: the smallest replacement of the application's script and of the engine that the modules of probes need.
# STDLIB is the folder of the modules, SCRATCH is a folder of the test, PORT is the color's port.
# shellcheck shell=bash disable=SC1090,SC2034,SC2153,SC2154,SC2317
set -u
for module in output clock process place driver user release json net http http_curl http_bash expect color_sign question probe; do
  . "$STDLIB/$module.sh"
done

app=shop runtime=0.0.0-0 source=deploy.bg root=$SCRATCH scratch=$SCRATCH script=$SCRATCH/script command=deploy reason=''
colors=(blue green) services=(web)
declare -A port_of=(["blue web"]=$PORT) address_of=(["blue web"]=127.0.0.1:$PORT ["green web"]=localhost:8082)
declare -A run_of=(["web"]=fake ["worker"]=fake) handover_of=(["web"]=overlap ["worker"]=overlap)
declare -A stop_within_of=(["web"]=1000 ["worker"]=1000)
declare -A deadline=(["web alive"]=10000 ["web listens"]=10000 ["web logs"]=10000 ["worker alive"]=10000)
declare -A input=() let_of=() offered=() journal=(["phase"]=idle)
settings.web() { :; }
settings.worker() { :; }
to=blue candidate=$SCRATCH
fake_alive() {
  [[ -e $SCRATCH/dead || -e $SCRATCH/dead.$service ]] || return 0
  echo 'exited with 3'
  return 1
}
fake_listens() {
  [[ -e $SCRATCH/listens ]] || return 0
  echo 'process 4711 (stranger)'
  return "$(<"$SCRATCH/listens")"
}
fake_healthy() {
  [[ ! -e $SCRATCH/healthy ]] || return 0
  echo 'container is starting'
  return 1
}
fake_logs() { echo 'the last line of the log'; }
fake_enter() { (cd "$SCRATCH" && "$@"); }
watch_signals

# verdict COMMAND…: runs the command for the service `web` of `blue`. Prints its result and the children that it has
# left.
verdict() {
  local children='' _
  at new web "$@"
  printf '\ncode=%s\nreason=%s\nsaid=%s\n' "$?" "${reason//$'\n'/ }" "$probe_said"
  # bash needs a moment to remove a child that has just ended.
  for _ in {1..200}; do
    read -r children <"/proc/$$/task/$$/children"
    [[ -n $children ]] || break
    nap 10
  done
  printf 'children=%s\n' "${children% }"
}
