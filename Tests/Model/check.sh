#!/usr/bin/env bash
# Runs protocol.pml through spin and compares every verdict with the expected one.
#   check.sh               every row but the largest (8 min on a free core)
#   check.sh --full        also three concurrent requests (…-3) and faults while putting back (20 to 40 min by the times of its rows)
#   check.sh --quick       a selection: hold, execute-again, store, putting back, and rows that must fail (about 80 s)
#   check.sh NAME...       these rows only
#   check.sh --trail NAME  the shortest interleaving that violates a row's property, in words (put-…: one, not the shortest)
#   check.sh --list        the rows
# The last line is "N passed, N failed"; the exit status is 0 if none failed. Needs spin 6.5 and a C compiler. One core.
set -euo pipefail
cd "$(dirname "$0")"
model=$PWD/protocol.pml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# name | expected: holds, or the property that is violated | flags
rows=$(grep -v '^ *#' <<'ROWS'
# the protocol, read safely
hold                   | holds      | -DMIXED=0 -DFAULT=3
hold-mixed             | holds      | -DMIXED=1 -DFAULT=3
hold-operator          | holds      | -DMIXED=0 -DOPERATOR=2 -DFAULT=1
hold-ttl               | holds      | -DMIXED=0 -DTTL=1 -DFAULT=1
hold-failover-wait     | holds      | -DMIXED=0 -DFAILOVER=2 -DFAULT=1 -DPROPS=63487
again                  | holds      | -DMIXED=0 -DCHOICE=1 -DFAULT=2 -DRENEWS=2
again-mixed            | holds      | -DMIXED=1 -DCHOICE=1 -DFAULT=3
again-mixed-last       | holds      | -DMIXED=2 -DCHOICE=1 -DFAULT=1
again-ttl              | holds      | -DMIXED=0 -DCHOICE=1 -DTTL=1 -DFAULT=1
again-failover-wait    | holds      | -DMIXED=0 -DCHOICE=1 -DFAILOVER=2 -DFAULT=1
store                  | holds      | -DMIXED=0 -DCHOICE=2 -DFAULT=2
store-mixed            | holds      | -DMIXED=1 -DCHOICE=2 -DFAULT=2
both-choices           | holds      | -DMIXED=0 -DCHOICE=3 -DFAULT=2 -DPROPS=129023
acyclic                | holds      | -DMIXED=0 -DFAULT=1
acyclic-again          | holds      | -DMIXED=0 -DCHOICE=1 -DFAULT=1
hold-3                 | holds      | -DN=3
again-3                | holds      | -DN=3 -DCHOICE=1 -DFAULT=1
# a store that comes back changed; waiting; a key that is absent
putback                | holds      | -DMIXED=0 -DFAILOVER=4 -DFAULT=0
putback-again          | holds      | -DMIXED=0 -DFAILOVER=4 -DCHOICE=1 -DFAULT=0
putback-store          | holds      | -DMIXED=0 -DFAILOVER=4 -DCHOICE=2 -DFAULT=0
putback-both           | holds      | -DMIXED=0 -DFAILOVER=4 -DCHOICE=3 -DRENEWS=0 -DFAULT=0 -DPROPS=129023
putback-twice          | holds      | -DMIXED=0 -DFAILOVER=4 -DFAILOVERS=2 -DRENEWS=0 -DFAULT=0
putback-twice-again    | holds      | -DMIXED=0 -DFAILOVER=4 -DFAILOVERS=2 -DCHOICE=1 -DRENEWS=0 -DFAULT=0
putback-twice-store    | holds      | -DMIXED=0 -DFAILOVER=4 -DFAILOVERS=2 -DCHOICE=2 -DRENEWS=0 -DFAULT=0
putback-fault          | holds      | -DMIXED=0 -DFAILOVER=4 -DRENEWS=0 -DFAULT=1
putback-again-fault    | holds      | -DMIXED=0 -DFAILOVER=4 -DCHOICE=1 -DRENEWS=0 -DFAULT=1
putback-store-fault    | holds      | -DMIXED=0 -DFAILOVER=4 -DCHOICE=2 -DRENEWS=0 -DFAULT=1
putback-both-fault     | holds      | -DMIXED=0 -DFAILOVER=4 -DCHOICE=3 -DRENEWS=0 -DFAULT=1 -DPROPS=129023
putback-twice-fault    | holds      | -DMIXED=0 -DFAILOVER=4 -DFAILOVERS=2 -DCRASH=0 -DRENEWS=0 -DFAULT=1
putback-renews-fault   | holds      | -DMIXED=0 -DFAILOVER=4 -DCRASH=0 -DFAULT=1
putback-again-renews   | holds      | -DMIXED=0 -DFAILOVER=4 -DCHOICE=1 -DCRASH=0 -DFAULT=1
putback-3              | holds      | -DMIXED=0 -DFAILOVER=4 -DN=3 -DCRASH=0 -DRENEWS=0 -DFAULT=0
wait                   | holds      | -DMIXED=0 -DWAITS=1 -DFAULT=1
wait-again             | holds      | -DMIXED=0 -DWAITS=1 -DCHOICE=1 -DFAULT=1
wait-mixed             | holds      | -DMIXED=1 -DWAITS=1 -DFAULT=1
wait-putback           | holds      | -DMIXED=0 -DWAITS=1 -DFAILOVER=4 -DRENEWS=0 -DFAULT=0
absent                 | holds      | -DMIXED=0 -DWAITS=1 -DVANISH=1 -DPROPS=98304 -DFAULT=0
acyclic-putback        | holds      | -DMIXED=0 -DFAILOVER=4 -DRENEWS=0 -DFAULT=0
acyclic-wait           | holds      | -DMIXED=0 -DWAITS=1 -DFAULT=0
# a key that is free and untouched is forgotten after some minutes
free-short             | holds      | -DMIXED=0 -DFREES=1 -DFAULT=2
free-short-unheard     | P_CAUSE    | -DMIXED=0 -DFREES=4 -DFAULT=2 -DCRASH=0 -DRENEWS=0 -DPROPS=2048
free-short-again       | holds      | -DMIXED=0 -DFREES=1 -DCHOICE=1 -DFAULT=2
free-short-store       | holds      | -DMIXED=0 -DFREES=1 -DCHOICE=2 -DFAULT=2
free-short-both        | holds      | -DMIXED=0 -DFREES=1 -DCHOICE=3 -DFAULT=2 -DPROPS=129023
free-short-mixed       | holds      | -DMIXED=1 -DFREES=1 -DFAULT=1
free-short-operator    | holds      | -DMIXED=0 -DFREES=1 -DOPERATOR=2 -DFAULT=1
free-short-wait        | holds      | -DMIXED=0 -DFREES=1 -DWAITS=1 -DFAULT=1
free-short-putback     | holds      | -DMIXED=0 -DFREES=1 -DFAILOVER=4 -DFAULT=0
free-short-putback-a   | holds      | -DMIXED=0 -DFREES=1 -DFAILOVER=4 -DCHOICE=1 -DFAULT=0
free-short-putback-s   | holds      | -DMIXED=0 -DFREES=1 -DFAILOVER=4 -DCHOICE=2 -DFAULT=0
free-short-twice       | holds      | -DMIXED=0 -DFREES=1 -DFAILOVER=4 -DFAILOVERS=2 -DRENEWS=0 -DFAULT=0
free-short-no-yield    | P_EFFECT   | -DMIXED=0 -DFREES=1 -DYIELD=0 -DFAILOVER=4 -DCRASH=0 -DRENEWS=0 -DFAULT=0 -DPROPS=1
free-short-any-attempt | P_ATTEMPT  | -DMIXED=0 -DFREES=2 -DCHOICE=1 -DFAULT=0 -DPROPS=128
free-short-on-its-way  | P_CAUSE    | -DMIXED=0 -DFREES=3 -DPROPS=2048 -DCRASH=0 -DRENEWS=0 -DFAULT=1
# putting back: what must be remembered, and for how long
put-lapsed-forgotten   | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DLAPSED=0 -DCRASH=0 -DRENEWS=0 -DFAULT=0 -DPROPS=1
put-lapsed-attempt     | P_TWICE    | -DMIXED=0 -DFAILOVER=4 -DLAPSED=1 -DCHOICE=1 -DCRASH=0 -DRENEWS=0 -DFAULT=0 -DPROPS=16384
put-lapsed-acts-early  | P_ANSWER   | -DMIXED=0 -DFAILOVER=4 -DADMIT=2 -DCHOICE=2 -DCRASH=0 -DRENEWS=0 -DFAULT=0 -DPROPS=2
put-lapsed-acts-early-x| P_ANSWER   | -DMIXED=0 -DFAILOVER=4 -DADMIT=2 -DCHOICE=1 -DCRASH=0 -DRENEWS=0 -DFAULT=0 -DPROPS=2
put-renewal-lost       | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DFORGET=2 -DFAULT=0 -DPROPS=1
put-renewal-lost-x     | P_TWICE    | -DMIXED=0 -DFAILOVER=4 -DFORGET=1 -DCHOICE=1 -DCRASH=0 -DFAULT=1 -DPROPS=16384
put-end-lost           | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DLOSTEND=0 -DCHOICE=2 -DCRASH=0 -DRENEWS=0 -DFAULT=1 -DPROPS=1
put-end-lost-x         | P_TWICE    | -DMIXED=0 -DFAILOVER=4 -DLOSTEND=0 -DCHOICE=1 -DCRASH=0 -DRENEWS=0 -DFAULT=1 -DPROPS=16384
put-end-lost-as-end    | P_ANSWER   | -DMIXED=0 -DFAILOVER=4 -DLOSTEND=2 -DCHOICE=2 -DCRASH=0 -DRENEWS=0 -DFAULT=1 -DPROPS=2
put-left-forgotten     | P_TWICE    | -DMIXED=0 -DFAILOVER=4 -DLEFT=0 -DCHOICE=1 -DCRASH=0 -DRENEWS=0 -DFAULT=0 -DPROPS=16384
put-interrupted        | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DFAILOVERS=2 -DREMEMBER=2 -DCRASH=0 -DRENEWS=0 -DFAULT=0 -DPROPS=1
put-acknowledged-once  | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DFAILOVERS=2 -DREMEMBER=1 -DCRASH=0 -DRENEWS=0 -DFAULT=0 -DPROPS=1
put-dead-worker        | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DDEAD=0 -DRENEWS=0 -DFAULT=0 -DPROPS=1
put-lease-outlasts     | holds      | -DMIXED=0 -DFAILOVER=4 -DOUTLAST=1 -DLAPSED=0 -DADMIT=2 -DFORGET=2 -DLOSTEND=0 -DFAULT=0
# putting back step by step with the other commands, as it once was
put-give-up-at-once    | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DPUTBACK=0 -DADMIT=1 -DPROPS=1 -DCRASH=0 -DRENEWS=0 -DFAULT=1
put-late-owner-at-once | P_ANSWER   | -DMIXED=0 -DFAILOVER=4 -DPUTBACK=0 -DADMIT=1 -DCHOICE=1 -DPROPS=2 -DCRASH=0 -DRENEWS=0 -DFAULT=0
put-takes-what-he-freed| P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DPUTBACK=0 -DFREED=0 -DPROPS=1 -DCRASH=0 -DRENEWS=0 -DFAULT=1
put-mark-for-completion| P_FINAL    | -DMIXED=0 -DFAILOVER=4 -DPUTBACK=0 -DRESUME=0 -DPROPS=32 -DCRASH=0 -DRENEWS=0 -DFAULT=0
put-log-of-steps       | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DFAILOVERS=2 -DPUTBACK=0 -DLOG=0 -DFORGET=2 -DPROPS=1 -DCRASH=0 -DRENEWS=0 -DFAULT=0
put-own-earlier-token  | P_TWICE    | -DMIXED=0 -DFAILOVER=4 -DPUTBACK=0 -DREADS=0 -DCHOICE=1 -DPROPS=16384 -DCRASH=0 -DRENEWS=0 -DFAULT=1
put-frees-what-is-back | P_RELEASE  | -DMIXED=0 -DFAILOVER=4 -DPUTBACK=0 -DCHOICE=1 -DPROPS=8 -DCRASH=0 -DRENEWS=0 -DFAULT=1
put-500-not-noted      | P_ANSWER   | -DMIXED=0 -DFAILOVER=4 -DPUTBACK=0 -DNOTED=0 -DCHOICE=2 -DPROPS=2 -DCRASH=0 -DRENEWS=0 -DFAULT=1
late-reclaim-of-a-lease| P_CAUSE    | -DMIXED=0 -DCHOICE=3 -DPROPS=2048 -DCRASH=0 -DRENEWS=0 -DFAULT=1
late-reserve-on-absent | P_NEXT     | -DMIXED=0 -DVANISH=1 -DPROPS=32768 -DFAULT=1
# wordings that DESIGN once had
late-reclaim           | P_CAUSE    | -DMIXED=0 -DSTAMP=0 -DPROPS=2048 -DCRASH=0 -DRENEWS=0 -DFAULT=2
own-uncertain          | P_CAUSE    | -DMIXED=0 -DOWN=0 -DPROPS=2048 -DCRASH=0 -DRENEWS=0 -DFAULT=1
release-only-reserved  | P_CAUSE    | -DMIXED=0 -DREL=0 -DPROPS=2048 -DCRASH=0 -DRENEWS=0 -DFAULT=0
release-not-retried    | P_CAUSE    | -DMIXED=0 -DGIVEUP=1 -DPROPS=2048 -DCRASH=0 -DRENEWS=0 -DFAULT=1
resolved-in-flight     | P_EFFECT   | -DMIXED=0 -DOPERATOR=1 -DPROPS=1 -DFAULT=0
refusal-after-effect   | P_EFFECT   | -DMIXED=0 -DREFUSAL=1 -DPROPS=1 -DFAULT=0
failover-no-wait       | P_EFFECT   | -DMIXED=0 -DFAILOVER=1 -DPROPS=1 -DFAULT=0
failover-completion    | P_FINAL    | -DMIXED=0 -DFAILOVER=1 -DPROPS=32 -DFAULT=0
failover-release       | P_CAUSE    | -DMIXED=0 -DFAILOVER=2 -DPROPS=2048 -DCRASH=0 -DRENEWS=0 -DFAULT=0
superseded-puts-back   | P_ANSWER   | -DMIXED=0 -DCHOICE=1 -DTTL=1 -DREVIVE=0 -DPROPS=2 -DFAULT=0
# the other reading of an ambiguous sentence
reclaim-by-token       | P_CAUSE    | -DMIXED=0 -DRECLAIM=1 -DPROPS=2048 -DCRASH=0 -DRENEWS=0 -DFAULT=1
free-any-fingerprint   | P_MISMATCH | -DMIXED=2 -DCHOICE=1 -DFREEFP=0 -DPROPS=16 -DFAULT=0
free-own-fingerprint   | P_FRESH    | -DMIXED=2 -DFREEFP=1 -DPROPS=8192 -DFAULT=0
silent-marked-again    | P_SETTLE   | -DMIXED=0 -DCHOICE=1 -DSILENT=1 -DPROPS=1024 -DFAULT=0
mark-by-token          | P_FINAL    | -DMIXED=0 -DMARK=0 -DPROPS=32 -DFAULT=1
renew-caller-deadline  | P_LEASE    | -DMIXED=0 -DCHOICE=1 -DRENEW=0 -DRENEWS=2 -DFAULT=1
store-keeps-token      | P_ANSWER   | -DMIXED=0 -DCHOICE=2 -DRETOKEN=0 -DPROPS=2 -DFAULT=0
resend-is-fresh        | P_EFFECT   | -DMIXED=0 -DOPERATOR=2 -DFENCE=2 -DPROPS=1 -DFAULT=1
no-check-before-send   | P_EFFECT   | -DMIXED=0 -DOPERATOR=2 -DFENCE=0 -DPROPS=1 -DFAULT=0
short-F-too-short      | P_CAUSE    | -DMIXED=0 -DSHORT=0 -DPROPS=2048 -DCRASH=0 -DRENEWS=0 -DFAULT=1
failover-renewal       | P_LEASE    | -DMIXED=0 -DCHOICE=1 -DFAILOVER=3 -DPROPS=64 -DFAULT=0
ttl-in-operation       | P_LEASE    | -DMIXED=0 -DTTL=2 -DPROPS=64 -DFAULT=0
mismatch-reclaims      | P_MISMATCH | -DMIXED=1 -DCHOICE=1 -DONMISMATCH=1 -DPROPS=16
pending-is-final       | P_ANSWER   | -DMIXED=0 -DCHOICE=1 -DPENDING=0 -DPROPS=2 -DFAULT=1
pending-is-final-hold  | holds      | -DMIXED=0 -DPENDING=0 -DFAULT=2
caller-attempt         | holds      | -DMIXED=0 -DCHOICE=1 -DCALLER=1 -DFAULT=1
# mutations
bug-complete-any-token | P_STALE    | -DMIXED=0 -DCHOICE=1 -DBUG=1
bug-release-for-silent | P_EFFECT   | -DMIXED=0 -DBUG=2 -DPROPS=1 -DFAULT=0
bug-refuse-uncertain   | P_STALE    | -DMIXED=0 -DBUG=3
bug-resend-new-token   | P_OWN      | -DMIXED=0 -DBUG=4
bug-reclaim-own-clock  | P_LEASE    | -DMIXED=0 -DCHOICE=1 -DBUG=5
bug-same-attempt       | P_ATTEMPT  | -DMIXED=0 -DCHOICE=1 -DBUG=6
bug-release-any-token  | P_STALE    | -DMIXED=0 -DBUG=7
bug-mismatch-late      | P_MISMATCH | -DMIXED=1 -DCHOICE=1 -DBUG=8
bug-hold-reexecutes    | P_EFFECT   | -DMIXED=0 -DBUG=9 -DPROPS=1 -DFAULT=0
bug-reserve-overwrites | P_EFFECT   | -DMIXED=0 -DBUG=10 -DPROPS=1 -DFAULT=0
bug-renew-any-token    | P_STALE    | -DMIXED=0 -DCHOICE=1 -DBUG=11
bug-caller-choice      | P_EFFECT   | -DMIXED=0 -DCHOICE=3 -DBUG=12 -DPROPS=1 -DFAULT=0
bug-release-deletes    | P_ATTEMPT  | -DMIXED=0 -DCHOICE=1 -DBUG=13 -DPROPS=128 -DFAULT=0
bug-lost-own-answer    | P_ANSWER   | -DMIXED=0 -DCHOICE=1 -DLOST=0 -DPROPS=2 -DFAULT=0
bug-resolve-by-state   | P_EFFECT   | -DMIXED=0 -DOPERATOR=2 -DRESOLVE=0 -DPROPS=1 -DFAULT=1 -DCRASH=0 -DRENEWS=0
put-nothing            | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DPUTS=0 -DPROPS=1 -DCRASH=0 -DRENEWS=0 -DFAULT=0
put-no-releases        | P_TWICE    | -DMIXED=0 -DFAILOVER=4 -DPUTS=1 -DPROPS=16384 -DCRASH=0 -DRENEWS=0 -DFAULT=0
put-earlier-gives-up   | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DEARLIER=0 -DPROPS=1 -DCRASH=0 -DRENEWS=0 -DFAULT=0
put-owners-overtake    | P_CAUSE    | -DMIXED=0 -DFAILOVER=4 -DPUTBACK=0 -DFREED=0 -DADMIT=0 -DPROPS=2048 -DCRASH=0 -DRENEWS=0 -DFAULT=0
put-overtaken-earlier  | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DADMIT=0 -DPROPS=1 -DCRASH=0 -DRENEWS=0 -DFAULT=1
put-no-settle          | P_EFFECT   | -DMIXED=0 -DFAILOVER=4 -DSETTLE=0 -DPROPS=1 -DCRASH=0 -DRENEWS=0 -DFAULT=0
put-attempt-not-kept   | P_TWICE    | -DMIXED=0 -DFAILOVER=4 -DONABSENT=0 -DPROPS=16384 -DCRASH=0 -DRENEWS=0 -DFAULT=0
absent-attempt-1       | P_NEXT     | -DMIXED=0 -DVANISH=1 -DANEW=0 -DPROPS=32768 -DFAULT=0
wait-again-and-again   | P_WAIT     | -DMIXED=0 -DWAITS=2 -DPROPS=65536 -DFAULT=0
wait-takes-again       | P_WAIT     | -DMIXED=0 -DWAITS=3 -DCHOICE=1 -DPROPS=65536 -DFAULT=0
wait-takes-unseen      | P_EFFECT   | -DN=3 -DMIXED=0 -DWAITS=1 -DSTALE=1 -DPROPS=1 -DCRASH=0 -DRENEWS=0 -DFAULT=0
bug-reclaim-by-state   | P_MISMATCH | -DN=3 -DCHOICE=1 -DRECLAIM=0 -DPROPS=16 -DFAULT=0 -DCRASH=0 -DRENEWS=0
ROWS
)

trim() { sed 's/^ *//; s/ *$//'; }
row() { awk -F'|' -v n="$1" '{ k = $1; gsub(/ /, "", k) } k == n' <<<"$rows"; }

build() {  # flags, compiler flags
  rm -f "$work"/*
  cp "$model" "$work/protocol.pml"
  # shellcheck disable=SC2086
  (cd "$work" && spin -a $1 protocol.pml >spin.log 2>&1 && cc $2 -o pan pan.c) || { cat "$work/spin.log"; exit 2; }
}

verdict() {  # of the last run: holds, stuck, or the property's name
  local bit
  grep -q 'error: max search depth\|max search depth too small\|out of memory\|truncated' "$work/out" && { echo incomplete; return; }
  if bit=$(grep -m1 'assertion violated' "$work/out" | grep -oE '\([0-9]+&[0-9]+\)' | head -1 | tr -d '()' | cut -d'&' -f2) && [[ -n $bit ]]
  then awk -v b="$bit" '$1 == "#define" && $2 ~ /^P_/ && $3 == b { print $2 }' protocol.pml
  elif grep -q 'invalid end state' <(grep '^pan:1' "$work/out"); then echo stuck
  elif grep -q 'errors: 0' "$work/out"; then echo holds
  else echo failed; fi
}

run() {  # name
  local line expected flags cflags='-O0 -DSAFETY -DCOLLAPSE' options='' got
  line=$(row "$1"); [[ -n $line ]] || { echo "no row $1" >&2; exit 2; }
  expected=$(cut -d'|' -f2 <<<"$line" | trim); flags=$(cut -d'|' -f3 <<<"$line" | trim)
  [[ $expected == holds ]] || cflags='-O0 -DSAFETY -DBFS'
  # Breadth first these need gigabytes; depth first a few seconds, and the trail is not the shortest.
  [[ $expected != holds && $flags == *FAILOVER=4* ]] && cflags='-O0 -DSAFETY -DCOLLAPSE'
  [[ $1 == *-3 ]] && cflags='-O2 -DSAFETY -DCOLLAPSE'
  [[ $1 == acyclic* ]] && cflags='-O0 -DNP' options=-l
  build "$flags" "$cflags"
  # shellcheck disable=SC2086
  (cd "$work" && ./pan -m500000 -w22 $options >out 2>&1) || true
  got=$(verdict)
  printf '%-24s %-10s %9s %5s %6ss  %s\n' "$1" "$got" \
    "$(awk '/states, stored/ { print $1; exit }' "$work/out")" \
    "$(sed -n 's/.*depth reached \([0-9]*\).*/\1/p' "$work/out" | tail -1)" \
    "$(sed -n 's/.*elapsed time \([0-9.]*\).*/\1/p' "$work/out" | tail -1)" \
    "$([[ $got == "$expected" ]] || echo "EXPECTED $expected")"
  [[ $got == "$expected" ]]
}

trail() {
  run "$1" || true
  local flags; flags=$(row "$1" | cut -d'|' -f3 | trim)
  # shellcheck disable=SC2086
  (cd "$work" && spin -t $flags protocol.pml 2>&1) | grep -E '^ *(W[0-9]|origin:|the |late:|all are|operator|failover|settle|[A-Z_]+ of W)' | sed 's/^ */  /'
}

full_only='acyclic-putback|put-overtaken-earlier|wait-mixed|hold-3|again-3|putback-3|putback-.*fault|putback-again-renews|put-renewal-lost-x|put-end-lost-x|put-frees-what-is-back|put-own-earlier-token|put-500-not-noted'
# One of each kind, none of which takes long: what a deployment asks before it goes on.
quick='hold-failover-wait
again-ttl
store
both-choices
putback
putback-store
putback-twice
put-lapsed-acts-early
put-lapsed-attempt
put-lapsed-forgotten
put-renewal-lost
put-interrupted
free-short-putback
free-short-no-yield
bug-complete-any-token
bug-reserve-overwrites
put-nothing'

full=no names=()
while (($#)); do
  case $1 in
    --full) full=yes ;;
    --quick) mapfile -t -O "${#names[@]}" names <<<"$quick" ;;
    --list) cut -d'|' -f1,2 <<<"$rows"; exit ;;
    --trail) trail "$2"; exit ;;
    *) names+=("$1") ;;
  esac
  shift
done
if ((${#names[@]} == 0)); then
  mapfile -t names < <(cut -d'|' -f1 <<<"$rows" | trim)
  [[ $full == yes ]] || mapfile -t names < <(printf '%s\n' "${names[@]}" | grep -vxE "$full_only")
fi

printf '%-24s %-10s %9s %5s %7s\n' row verdict states depth time
passed=0 failed=0
for name in "${names[@]}"; do if run "$name"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi; done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
