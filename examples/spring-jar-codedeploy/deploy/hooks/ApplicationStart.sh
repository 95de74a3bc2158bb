#!/usr/bin/env bash
# CodeDeploy's ApplicationStart. Made by deployc 0.2.0 from deploy.bg; do not edit.
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 3
# bash runs the script, because a bundle may have lost the modes of its files, for example an uploaded zip.
exec bash ../hello-spring.sh prepare
