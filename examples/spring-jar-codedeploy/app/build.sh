#!/usr/bin/env bash
# build.sh FOLDER: makes FOLDER/hello-spring.jar from HelloSpring.java with the JDK alone.
set -euo pipefail
source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=${1:?usage: build.sh FOLDER}
mkdir -p "$target"
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
javac --release 11 -encoding UTF-8 -d "$classes" "$source_folder/HelloSpring.java"
jar --create --file "$target/hello-spring.jar" --main-class HelloSpring -C "$classes" .
