# ---- run jar: java -jar --------------------------------------------------------------------------

jar_stage() {
  local jar_file
  jar_find && process_stage
}

jar_preflight() {
  local -a process_command=("$jar_java")
  process_preflight
}

jar_start() {
  local jar_file
  local -a process_command
  jar_find || return
  process_command=("$jar_java" ${jar_jvm[@]+"${jar_jvm[@]}"} -jar "$jar_file" ${jar_args[@]+"${jar_args[@]}"})
  process_start
}

# jar_find: Sets `jar_file`. Many builds leave a second jar (`-plain`, `-sources`), so more than one match is an error.
jar_find() {
  local -a found=()
  if [[ -f $jar_jar ]]; then
    found=("$jar_jar")
  else
    mapfile -t found < <(compgen -G "$jar_jar")
  fi
  case ${#found[@]} in
    1) jar_file=${found[0]} ;;
    0)
      printf '%s\n' "no jar: nothing matches $jar_jar"
      return 1
      ;;
    *)
      printf '%s\n' "more than one jar matches $jar_jar: ${found[*]##*/}; name the one to run more exactly"
      return 1
      ;;
  esac
}
