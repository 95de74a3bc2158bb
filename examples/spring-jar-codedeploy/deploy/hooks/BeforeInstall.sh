#!/usr/bin/env bash
# CodeDeploy's BeforeInstall. Made by deployc 0.2.0 from deploy.bg; do not edit.
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 3
mkdir -p -- /home/ec2-user/app || exit 3
# CodeDeploy removes only the files that it has installed itself. Any other file there would be a second artifact.
rm -rf -- /home/ec2-user/app/staging || exit 3
# bash runs the script, because a bundle may have lost the modes of its files, for example an uploaded zip.
exec bash ../hello-spring.sh doctor
