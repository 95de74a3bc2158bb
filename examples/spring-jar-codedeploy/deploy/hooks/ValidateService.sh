#!/usr/bin/env bash
# CodeDeploy's ValidateService. Made by deployc 0.2.0 from deploy.bg; do not edit.
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 3
# bash runs the script, because a bundle may have lost the modes of its files, for example an uploaded zip.
bash ../hello-spring.sh switch && exec bash ../hello-spring.sh cleanup
