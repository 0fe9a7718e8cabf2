#!/bin/sh
# record.sh - make a set of silicon vectors on this host's processor (x86-64 under Linux), and run it.
#   tests/silicon/record.sh BUILD [FOLDER [SEED]]      FOLDER: tests/silicon/vectors, the recorded set; SEED: 1
set -e
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:?usage: record.sh BUILD [FOLDER [SEED]]}
folder=${2:-$root/tests/silicon/vectors}
mkdir -p "$folder"
DOPPEL_SET_FOLDER=$folder DOPPEL_SET_SEED=${3:-1} "$build/test_silicon_set"
du -sh "$folder"
"$build/doppel" conform "$folder" | tail -2
