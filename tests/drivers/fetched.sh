# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of the script
#
# ---- run fetched: `run process`, with a `fetch` that gets the program's files --------------------

fetched_preflight() {
  [[ -d $fetched_archive ]] || {
    printf '%s\n' "there is no $fetched_archive: mount it"
    return 1
  }
}

fetched_fetch() { cp -- "$fetched_archive"/* "$slot/"; }

fetched_offers() { printf 'instance.number=%s\n' "$service-$color"; }
