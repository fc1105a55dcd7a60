# shellcheck shell=bash
# Sourced by quickstart and test: installs with the system's package manager what is missing, and nothing else.

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

have_hiredis() {
  local prefix
  for prefix in /usr /usr/local /opt/homebrew; do
    if [[ -f $prefix/include/hiredis/hiredis.h ]]; then return 0; fi
  done
  have pkg-config && pkg-config --exists hiredis
}

have_requirement() {
  case $1 in
    hiredis) have_hiredis ;;
    *) have "$1" ;;
  esac
}

package_manager() {
  local manager
  for manager in apt-get dnf apk brew; do
    if have "$manager"; then
      echo "$manager"
      return
    fi
  done
}

# What a package manager calls a requirement.
package_of() {
  case $1:$2 in
    apt-get:hiredis) echo libhiredis-dev ;;
    dnf:hiredis) echo hiredis-devel ;;
    apk:hiredis) echo hiredis-dev ;;
    apt-get:redis-server) echo redis-server ;;
    *:redis-server) echo redis ;;
    apt-get:faketime) echo faketime ;;
    *:faketime) echo libfaketime ;;
    *:cc) echo gcc ;;
    *) echo "$2" ;;
  esac
}

# Debian starts a server when it installs its package, and again at every boot. Nobody asked for either.
apt_install() {
  local policy=/usr/sbin/policy-rc.d ours=no
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
    ours=yes
  fi
  local status=0
  {
    "${root[@]}" apt-get update -q || true # stale lists may still do
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
  } >&2 </dev/null || status=$?
  if [[ $ours == yes ]]; then "${root[@]}" rm -f "$policy"; fi
  if have systemctl && [[ " $* " == *" redis-server "* ]]; then
    "${root[@]}" systemctl disable --now redis-server >/dev/null 2>&1 || true
  fi
  return $status
}

# require NAME…: commands, or `hiredis` for the library's headers.
require() {
  have swift || fail "Swift is not on PATH; see https://www.swift.org/install"

  local name manager missing=() packages=()
  for name in "$@"; do
    if ! have_requirement "$name"; then missing+=("$name"); fi
  done
  if ((${#missing[@]})); then
    manager=$(package_manager)
    [[ -n $manager ]] || fail "missing: ${missing[*]}; no apt-get, dnf, apk or brew was found to install them with"
    for name in "${missing[@]}"; do packages+=("$(package_of "$manager" "$name")"); done

    root=(env)
    if [[ $manager != brew && $(id -u) != 0 ]]; then
      have sudo || fail "missing: ${missing[*]}; as root, run: $manager install ${packages[*]}"
      root=(sudo)
    fi
    printf 'Installing %s\n' "${packages[*]}" >&2
    case $manager in
      apt-get) apt_install "${packages[@]}" ;;
      dnf) "${root[@]}" dnf install -y "${packages[@]}" >&2 </dev/null ;;
      apk) "${root[@]}" apk add "${packages[@]}" >&2 </dev/null ;;
      brew) brew install "${packages[@]}" >&2 </dev/null ;;
    esac || fail "$manager could not install ${packages[*]}"
    for name in "${missing[@]}"; do
      have_requirement "$name" || fail "$manager installed ${packages[*]}, and $name is still missing"
    done
  fi
  if have redis-server; then require_redis_7; fi
}

# SET with both NX and GET, by which a key is reserved in one round trip, came with 7.0.
require_redis_7() {
  local version
  version=$(redis-server --version | sed -n 's/.* v=\([0-9]*\)\..*/\1/p')
  if [[ -n $version ]] && ((version < 7)); then
    fail "redis-server is older than 7.0: $(redis-server --version); newer packages: https://redis.io/docs/install"
  fi
}
