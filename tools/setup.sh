# setup.sh - what `run` and `test` share; sourced by them with $root set to the project's folder.  POSIX shell.
#
#   need_packages                      everything the build wants is there, or gets installed, or a clear list is printed
#   configure_and_build DIR ARGS...    CMake into DIR with ARGS, then build ($build_target, default everything);
#                                      says little the first time and nothing when there is nothing to do
#
# Both return non-zero after they have said why.

: "${root:?the folder of the project}"

tell() { printf '%s\n' "$*" >&2; }

# Debian's names of what is missing.
missing_packages()
{
    command -v cmake >/dev/null || echo cmake
    command -v ninja >/dev/null || command -v make >/dev/null || echo ninja-build
    command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null || printf 'gcc\nlibc6-dev\n'
    command -v pkg-config >/dev/null || { printf 'pkg-config\nlibsdl2-dev\nzlib1g-dev\nlibpng-dev\ncheck\n'; return; }
    pkg-config --exists sdl2   || echo libsdl2-dev
    pkg-config --exists zlib   || echo zlib1g-dev
    pkg-config --exists libpng || echo libpng-dev
    pkg-config --exists check  || echo check
}

# No package manager we drive: say what is needed and how it is called elsewhere.
list_for_other_systems()
{
    tell "doppel needs these to build, and did not find: $*"
    tell "Please install them and start this again. Where the names differ:"
    tell "  Fedora      dnf install cmake ninja-build gcc pkgconf-pkg-config SDL2-devel zlib-devel libpng-devel check-devel"
    tell "  Arch        pacman -S cmake ninja gcc pkgconf sdl2 zlib libpng check"
    tell "  Alpine      apk add cmake ninja gcc musl-dev pkgconf sdl2-dev zlib-dev libpng-dev check-dev"
    tell "  openSUSE    zypper install cmake ninja gcc pkg-config SDL2-devel zlib-devel libpng16-devel check-devel"
    tell "  macOS       brew install cmake ninja pkg-config sdl2 zlib libpng check"
    tell "SDL2 is only needed for the window."
}

apt_install()     # apt_install "sudo or nothing" PACKAGES...
{
    become=$1; shift
    log=$(mktemp) || return 1
    tell "Installing $* ..."
    # shellcheck disable=SC2086   # $become is a word or nothing
    if { $become env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" \
         || { $become apt-get update && $become env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }; } >"$log" 2>&1
    then rm -f "$log"; return 0; fi
    tail -n 15 "$log" >&2
    rm -f "$log"
    tell "The packages could not be installed; the reason is above."
    return 1
}

need_packages()
{
    missing=$(missing_packages | tr '\n' ' ')
    missing=${missing% }
    [ -z "$missing" ] && return 0
    if ! command -v apt-get >/dev/null; then
        list_for_other_systems "$missing"
        [ "$missing" = libsdl2-dev ] && { tell "Going on without it: there will be no window."; return 0; }
        return 1
    fi
    # shellcheck disable=SC2086   # a list of words
    if [ "$(id -u)" = 0 ]; then
        apt_install "" $missing
    elif command -v sudo >/dev/null && [ -t 0 ]; then
        printf 'doppel needs the packages %s.\nInstall them with "sudo apt-get install"? [Y/n] ' "$missing" >&2
        read -r answer || answer=n
        case $answer in
        ''|[Yy]*) apt_install sudo $missing ;;
        *) tell "Nothing was installed. By hand: sudo apt-get install $missing"; return 1 ;;
        esac
    else
        tell "doppel needs packages that are missing. Please run: apt-get install $missing"
        return 1
    fi
}

# Shows how far the build is; reads its output.  Nothing to build shows nothing.
show_progress()
{
    started=
    while read -r line; do
        case $line in
        *Re-checking*|*Re-running*) ;;              # looks for new files; not yet work
        \[*\]*)
            [ -z "$started" ] && [ ! -t 2 ] && tell "Building doppel ..."
            started=1
            [ -t 2 ] && printf '\r\033[KBuilding doppel %s]' "${line%%\]*}" >&2 ;;
        esac
    done
    if [ -n "$started" ] && [ -t 2 ]; then printf '\r\033[K' >&2; fi
}

configure_and_build()
{
    dir=$1; shift
    log=$dir/build.log
    mkdir -p "$dir" || return 1
    wanted="$root $*"
    if [ ! -f "$dir/CMakeCache.txt" ] || [ "$(cat "$dir/.configured" 2>/dev/null)" != "$wanted" ]; then
        generator=
        [ -f "$dir/CMakeCache.txt" ] || { command -v ninja >/dev/null && generator=-GNinja; }
        rm -f "$dir/.configured"
        # shellcheck disable=SC2086   # one word or none
        if ! cmake -S "$root" -B "$dir" $generator "$@" >"$log" 2>&1; then
            tail -n 30 "$log" >&2
            tell "The build could not be configured; all of it is in $log."
            return 1
        fi
        printf '%s\n' "$wanted" >"$dir/.configured"
    fi
    jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
    { cmake --build "$dir" --parallel "$jobs" ${build_target:+--target "$build_target"} 2>&1; echo $? >"$dir/.built"; } | tee "$log" | show_progress
    [ "$(cat "$dir/.built")" = 0 ] && return 0
    grep -E -A 6 'error|Error|FAILED' "$log" | head -n 40 >&2
    tell "The build failed; all of it is in $log."
    return 1
}
