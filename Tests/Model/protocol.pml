/*
 * The life of one key, as DESIGN.md defines it ("The record", "The protocol", "What each policy decides").
 *
 * N requests reach N workers at once. When all are done and nothing is on its way any more, one lease passes and a
 * last request, free of faults, shows where the key has settled. A step of a worker is one command to the store or
 * one event at the origin; between two steps anything else may happen.
 *
 * Every loop is bounded by a budget, so the state graph has no cycle (check.sh tests that): a run that is not stuck
 * ends. "No invalid end state" is therefore termination, and P_ANSWERED says that everybody was answered.
 *
 * Switches are -D flags for spin. Left alone, each has the reading that is safe; check.sh tries the others.
 */

#ifndef N
#define N 2                 /* concurrent requests (2 or 3), with tokens 1..N; the last request is N+1 */
#endif
#define HOLD  0
#define AGAIN 1
#define STORE 2
#ifndef CHOICE
#define CHOICE HOLD         /* byte 83, unknown outcome: HOLD, AGAIN, STORE; 3: request 2's worker AGAIN, the others HOLD */
#endif

/* What may go wrong, and how often. Leases end at any time, and need no budget. */
#ifndef CRASH
#define CRASH 1             /* workers that die, at any step */
#endif
#ifndef FAULT
#define FAULT 2             /* commands that are applied but not answered, or delayed, or dropped */
#endif
#ifndef RENEWS
#define RENEWS 1            /* renewals, by any owner, at any step */
#endif
#ifndef MIXED
#define MIXED 1             /* another fingerprint: 0 nobody's; 1 request 2's; 2 the last request's */
#endif
#ifndef OPERATOR
#define OPERATOR 0          /* one resolve of an uncertain key whose lease is over: 1 as soon as that; 2 and to free only
                               when no request can be on its way to the origin any more */
#endif
#ifndef TTL
#define TTL 0               /* the key's TTL ends once: 1 only while no lease lives; 2 at any time */
#endif
#ifndef FAILOVER
#define FAILOVER 0          /* failovers forget what was not replicated: 1 no WAIT; 2 WAIT before reserve, reclaim, renew,
                               complete and replay count; 3 the same, but a renewal counts at once; 4 no WAIT, but whoever
                               lives puts back what was lost, and nobody reserves before that (settle) */
#endif
#ifndef FAILOVERS
#define FAILOVERS 1         /* how many; with 4 also such as forget nothing, and when all requests are done */
#endif
#ifndef VANISH
#define VANISH 0            /* 1: once the store loses the key without a word (deleted by hand, evicted) */
#endif
#ifndef WAITS
#define WAITS 0             /* in-progress: 0 409; 1 every request waits once; 2 again and again; 3 once, but then takes again
                               and again */
#endif

/* Readings of the text */
#ifndef FENCE
#define FENCE 1             /* forward: 0 at once; 1 only while the lease lives, else renew first; 2 as 1, but own token in
                               the reply to a resent reserve counts as a lease just begun */
#endif
#ifndef OWN
#define OWN 1               /* own token, uncertain: 0 answered like anybody's; 1 released, for nothing was sent */
#endif
#ifndef REL
#define REL 1               /* release accepts 0 state R; 1 R, or U that bears the token */
#endif
#ifndef GIVEUP
#define GIVEUP 2            /* released until acknowledged: 0 nothing; 1 reservations of unknown outcome; 2 every release */
#endif
#ifndef STAMP
#define STAMP 1             /* release after a reclaim of unknown outcome: 0 needs its token; 1 also re-stamps a free key
                               that bears the token which reclaim expected */
#endif
#ifndef FREES
#define FREES 0             /* an F by which nothing ever happened is kept for some minutes only: 0 as long as an answer; 1 so if it is
                               of attempt 1, and then nothing is on its way any more and its owner has heard; 2 so of any attempt;
                               3 of attempt 1, and something may still be on its way; 4 of attempt 1, and its owner may not have
                               heard */
#endif
#ifndef YIELD
#define YIELD 1             /* to put back on an F of attempt 1 by which nothing happened another's record of attempt 1: 0 is lost;
                               1 takes its place, for the F had been forgotten before that */
#endif
#ifndef SHORT
#define SHORT 1             /* the short F left on an absent key: 0 may end before a delayed reserve arrives; 1 outlives it */
#endif
#ifndef FREEFP
#define FREEFP 2            /* F admits 0 any fingerprint; 1 its own only; 2 any, unless an earlier outcome is unknown */
#endif
#ifndef SILENT
#define SILENT 0            /* execute-again, no answer came: 0 the lease is left to end; 1 mark-uncertain */
#endif
#ifndef LOST
#define LOST 1              /* complete answers 0: the caller gets 0 this execution's answer; 1 what the record says */
#endif
#ifndef PENDING
#define PENDING 1           /* an answer given before it is stored: 0 is a final answer; 1 is marked and does not count */
#endif
#ifndef MARK
#define MARK 1              /* mark-uncertain compares 0 the token; 1 the token and state R */
#endif
#ifndef RECLAIM
#define RECLAIM 2           /* reclaim compares 0 the state; 1 the token that was read; 2 token and state */
#endif
#ifndef CALLER
#define CALLER 0            /* the attempt that reclaim writes: 0 the record's + 1, in the script; 1 what the caller read, + 1 */
#endif
#ifndef RETOKEN
#define RETOKEN 1           /* reclaim under store: the stored answer bears 0 the old owner's token; 1 a new one */
#endif
#ifndef RENEW
#define RENEW 1             /* renew's deadline: 0 the caller's, whatever stands there; 1 never moves back */
#endif
#ifndef REVIVE
#define REVIVE 1            /* renew and complete put back an absent key: 0 always; 1 under execute-again only while the
                               owner's lease lives (it may have been taken over before the key was lost) */
#endif
#ifndef RESOLVE
#define RESOLVE 1           /* resolve compares 0 the state; 1 also token and attempt */
#endif
#ifndef ONMISMATCH
#define ONMISMATCH 0        /* onMismatch: replay, and another fingerprint finds the lease over: 1 it reclaims */
#endif
#ifndef ONABSENT
#define ONABSENT 1          /* what renew, complete, release and mark leave on an absent key bears attempt 0: 1; 1 the caller's */
#endif
#ifndef ANEW
#define ANEW 1              /* reclaim finds the key absent and reserves with attempt 0: 1; 1 the one it would have got */
#endif
#ifndef STALE
#define STALE 0             /* 1: a waiter takes what it read as free or over, whatever stands there now */
#endif
#ifndef PUTS
#define PUTS 3              /* put back: bits 1 reservations, completions and marks; 2 releases */
#endif
#ifndef PUTBACK
#define PUTBACK 1           /* how: 0 by its own command, and over an earlier attempt's record step by step with commands that
                               exist (free it, take it, until the attempt is reached); 1 at once, by comparing attempts */
#endif
#ifndef EARLIER
#define EARLIER 1           /* who puts back finds an earlier attempt's record: 0 gives up; 1 is the later one */
#endif
#ifndef RESUME
#define RESUME 1            /* PUTBACK 0, and finds his own reservation there, taken again: 0 is done; 1 goes on */
#endif
#ifndef FREED
#define FREED 1             /* PUTBACK 0, and finds the key free with his own token, though he held it: 0 takes it again; 1 it is
                               his release, whose reply was lost */
#endif
#ifndef READS
#define READS 1             /* PUTBACK 0, a second or later attempt: 0 sends his command first; 1 reads first, for his token may
                               stand there with an earlier attempt */
#endif
#ifndef LOG
#define LOG 1               /* what is to be put back the next time: 0 follows each step; 1 only the end of putting back */
#endif
#ifndef NOTED
#define NOTED 1             /* the answer stored for a lost executor is put back by who stored it 0 if it had the reply; 1 also if
                               it found the answer there when it asked again */
#endif
#ifndef ADMIT
#define ADMIT 3             /* owners' commands in a new history: 0 at once; 1 when their own is put back; 2 also, what is not
                               put back (reservation of unknown outcome) when the store has settled; 3 also, those of a
                               reservation whose lease was over when it was put back */
#endif
#ifndef SETTLE
#define SETTLE 1            /* who reserves in a new history: 0 everybody at once; 1 nobody before all is put back */
#endif
#ifndef OUTLAST
#define OUTLAST 0           /* a lease ends 0 at any time; 1 not while its owner's writes are not replicated or it owes something */
#endif
#ifndef LAPSED
#define LAPSED 2            /* a reservation whose lease is over is put back 0 never; 1 under hold and store; 2 always, for under
                               execute-again its attempt must not be given twice */
#endif
#ifndef FORGET
#define FORGET 0            /* a renewal, or the putting back of a reservation, is answered 0: its owner forgets the reservation
                               0 never; 1 under execute-again; 2 always */
#endif
#ifndef LOSTEND
#define LOSTEND 1           /* complete, release or mark-uncertain is answered 0: its owner 0 forgets the reservation; 1 puts it
                               back, for the reclaim that took it may be forgotten, and its sender may not know of it; 2 puts back
                               the end instead */
#endif
#ifndef LEFT
#define LEFT 1              /* execute-again, no answer came, and the lease is left to end: its owner 0 forgets the reservation then;
                               1 puts it back like one whose request still runs */
#endif
#ifndef PUTLOST
#define PUTLOST 1           /* the putting back of an outcome is answered 0: its owner 0 forgets it; 1 does not */
#endif
#ifndef DEAD
#define DEAD 1              /* a failover forgets what a dead worker wrote: 0 the properties must hold even then; 1 none is asked */
#endif
#ifndef REMEMBER
#define REMEMBER 3          /* history changes while putting back: bits 1 outcomes that are not acknowledged yet in this history
                               are owed still; 2 those that are, are owed again */
#endif
#ifndef REFUSAL
#define REFUSAL 0           /* 1: a status that releases may come although the effect happened */
#endif

#ifndef BUG
#define BUG 0               /* mutations, to see that the checker notices */
#endif
#define BUG_COMPLETE_ANY   (BUG == 1)    /* complete does not compare the token */
#define BUG_RELEASE_AFTER  (BUG == 2)    /* no answer came: release */
#define BUG_REFUSE_U       (BUG == 3)    /* complete refuses an uncertain record */
#define BUG_NEW_TOKEN      (BUG == 4)    /* reserve is resent with a new token */
#define BUG_CLOCK          (BUG == 5)    /* reclaim believes the caller's clock */
#define BUG_ATTEMPT        (BUG == 6)    /* reclaim keeps the attempt */
#define BUG_RELEASE_ANY    (BUG == 7)    /* release does not compare the token */
#define BUG_MISMATCH_LATE  (BUG == 8)    /* the fingerprint is tested on completed records only */
#define BUG_REEXECUTE      (BUG == 9)    /* hold, but a lease that is over is taken over */
#define BUG_NO_NX          (BUG == 10)   /* reserve overwrites */
#define BUG_RENEW_ANY      (BUG == 11)   /* renew does not compare the token */
#define BUG_CONFIG         (BUG == 12)   /* reclaim goes by the caller's configuration, not by byte 83 */
#define BUG_DELETE         (BUG == 13)   /* release deletes, and leaves no F */

/* Properties: one bit each, so that one can be asked alone */
#ifndef PROPS
#define PROPS 131071
#endif
#define P_EFFECT    1       /* I1, hold and store: at most one effect */
#define P_ANSWER    2       /* I2, I3, I4: final answers are equal, and an execution (or the policy) gave them */
#define P_STALE     4       /* I7: only the latest token changes a record; the latest can complete it from R and U */
#define P_RELEASE   8       /* a key is freed for any fingerprint only if no effect happened and none can still happen */
#define P_MISMATCH  16      /* I8: another fingerprint changes nothing and has no effect after the first's */
#define P_FINAL     32      /* completed never changes and never goes back */
#define P_LEASE     64      /* I6: live leases never overlap; no living lease is declared dead */
#define P_ATTEMPT   128     /* what is granted has a higher attempt than all that may still happen; never lower than any sent */
#define P_DEFINITE  256     /* I11: "this request was not executed" is true */
#define P_OWN       512     /* a living worker is not told that its own reservation is somebody else's */
#define P_SETTLE    1024    /* I10: the last request is not told in-progress, nor under execute-again uncertain */
#define P_CAUSE     2048    /* the last request is told uncertain only if a worker died or an origin was silent */
#define P_ANSWERED  4096    /* every request ends with an answer */
#define P_FRESH     8192    /* a key that was only ever released is not refused to another fingerprint */
#define P_TWICE     16384   /* attempts that are sent to the origin grow: none is sent twice */
#define P_NEXT      32768   /* no request is granted an attempt that it has seen another hold, nor a lower one */
#define P_WAIT      65536   /* a request waits once, and takes the key at most once after that */
#define CHECK(p, c) assert(!(PROPS & (p)) || EXEMPT || (c))
#if FAILOVER == 4 && DEAD
#define EXEMPT      unprotected                /* a dead worker's writes were forgotten: nobody puts them back */
#else
#define EXEMPT      0
#endif

mtype = {
  absent, reserved, completed, uncertain, free,     /* T, response not retained, moves like completed */
  SET_NX, RECLAIM_, RENEW_, COMPLETE_, RELEASE_, MARK_, RESOLVE_,
  in_progress, mismatch, outcome_uncertain, not_executed, no_answer, pending
};

#define LAST      (N + 1)
#define BIT(i)    (1 << (i))
#define OWNER(t)  ((t) > 4 -> (t) - 4 : (t))   /* tokens 5 to 8 exist only with BUG_NEW_TOKEN */
#define FP(t)     (((MIXED == 1 && OWNER(t) == 2) || (MIXED == 2 && OWNER(t) == LAST)) -> 2 : 1)
#define CH(t)     (CHOICE < 3 -> CHOICE : (OWNER(t) == 2 -> AGAIN : HOLD))
#define OPTOKEN   9
#define S504      5                            /* stored answers that are no execution's: nobody answered; */
#define S500      6                            /* the executor was lost; */
#define BYHAND    7                            /* an operator's (always T: nothing that could differ) */
#define EP(i)     ((grantEpoch >> (i)) & 1)    /* the retention period in which i was granted the key */

typedef Record {
  mtype st = absent;
  unsigned tok : 4;  unsigned att : 3;  unsigned fp : 2;  unsigned rsp : 3;  unsigned ch : 2;
  bit over                                     /* R: the deadline has passed, by the store's clock; F: it is a short one */
}
Record reg;

typedef Copy { mtype cmd;  unsigned tok : 4;  unsigned fp : 2;  unsigned x : 4;  unsigned xa : 3;  bit xf, newer
#if FAILOVER == 4 || VANISH
  unsigned att : 3
#endif
}
Copy way[2];                                   /* commands that are still on their way */

byte crashes = CRASH, faults = FAULT, renews = RENEWS;
byte fin;                                      /* workers that are done; this and the next are sets of bits */
byte fly, eff;                                 /* requests at the origin: effect still open; effect happened */
byte live;                                     /* whose lease lives, by its owner's own cautious clock too */

/* Ghosts: nobody decides by these, the assertions read them */
byte latest;                                   /* who was granted the key last */
byte may, past;                                /* who was granted and may still send; who will never send any more */
byte att[5], seen;                             /* the attempt of each, and the highest that was sent to the origin */
byte told[2], effects[2], efp[2];              /* per retention period: first final answer, effects, their fingerprint */
byte grantEpoch; bit epoch;
bit  cause, taken, again;                      /* somebody died or was silent; a lease was taken over; by the choice AGAIN */

#if FAILOVER
Record dur;                                    /* the replica */
byte dirty, forgotten;                         /* whose writes are not replicated yet, or were lost (0: anybody's) */
byte failovers = FAILOVERS;
bit  kept;                                     /* an answer was given after its completion was acknowledged */
#define TOUCH(t) dirty = dirty | 1 | BIT(OWNER(t))
#define KEPT     kept = 1
#if FAILOVER == 4
#define KEPT_IF  kept = kept | !(vague & BIT(OWNER(reg.tok)))   /* its writer knows, and can put it back */
#else
#define KEPT_IF  KEPT
#endif
#else
#define KEPT_IF  skip
#define TOUCH(t) skip
#define KEPT     skip
#endif

#if FAILOVER == 4
/* What each worker would put back, from the replies that it got, and what it has put back so far. A lane is one keepsake:
   lane 4(i-1) + 0 W{i}'s reservation (renew), + 1 its mark, + 2 its release, + 3 its completion. */
byte holds, marks, rels, comps, taints;        /* sets */
byte bodyOf[5], attOf[5];                      /* of its completion; of its reservation or release */
short owes;                                    /* lanes that are not done */
byte backed;                                   /* who puts back, or has put back, in this history */
byte clock, heard;                             /* whose deadline is ahead, settled or not; who knows that it was granted */
byte vague;                                    /* whose completion was applied without its knowing */
byte died; bit settling, unprotected;
mtype = { RESTORE_, keepsake, looking, reading, freeing, taking, finally };
typedef PutBack { mtype step;  unsigned x : 4;  unsigned att : 3 }
PutBack put[4 * N];
#define OWES(i)      (owes & (15 << (4 * ((i) - 1))))
#define ADMITTED(i)  (ADMIT == 0 || (!OWES(i) && (ADMIT == 1 || !settling || backed & BIT(i))))
#define SETTLING     (settling && SETTLE)
#define IFADMITTED   ADMITTED(id) ->
#define IFSETTLED    !SETTLING ->
#define RETURNING    settling                  /* what is freed meanwhile is taken again before anybody sees it */
#define NOTE_HELD    holds = holds | BIT(id); attOf[id] = att[id]
#define NOTE_LOST    holds = holds & ~BIT(id)
#define NOTE_DONE(s) holds = holds & ~BIT(id); s = s | BIT(id)
#define FORGETS(i)   (FORGET == 2 || (FORGET && CH(i) == AGAIN))
#define NOTE_LOSTEND if :: !LOSTEND -> NOTE_LOST :: else fi
#define NOTE_RENEW   if :: out -> NOTE_HELD :: !out && FORGETS(id) -> NOTE_LOST :: else fi
#define NOTE_LEFT    if :: !LEFT -> NOTE_LOST :: else fi
#define NOTE_COMPLETE if :: out || LOSTEND == 2 -> NOTE_DONE(comps); KEEPBODY :: else -> NOTE_LOSTEND fi
#define NOTE_MARK    if :: out || LOSTEND == 2 -> NOTE_DONE(marks) :: else -> NOTE_LOSTEND fi
#define NOTE_RELEASE if :: out || LOSTEND == 2 -> NOTE_DONE(rels); KEEPTAINT :: else -> NOTE_LOSTEND fi
#define BEFORE       out = (reg.st == reserved);
#define NOTE_RECLAIM if :: (out || NOTED) && reg.st == completed && reg.tok == tok -> NOTE_500 :: else fi; out = 0
#define NOTE_500     comps = comps | BIT(id); vague = vague & ~BIT(id); att[id] = want; bodyOf[id] = S500; attOf[id] = want
#define KEEPBODY     bodyOf[id] = body; vague = vague & ~BIT(id)
#define KEEPTAINT    attOf[id] = want; taints = taints | (taint << id)
#define ASKED        asked = 1
#define VAGUE        vague = vague | BIT(id)
#define VAGUE_500    vague = vague | (CHOICE >= STORE -> BIT(id) : 0)
#define BEGINS(t)    clock = clock | BIT(OWNER(t))
#define CLOCK(t)     (clock & BIT(OWNER(t)))
#define ENDS(i)      clock = (i -> clock & ~BIT(i) : 0)
#define HEARD        heard = heard | BIT(id)
#define DIES         died = died | BIT(id); unprotected = unprotected | (OWES(id) || vague & forgotten & BIT(id)); owes = owes & ~OWES(id); \
                     holds = holds & ~died; marks = marks & ~died; rels = rels & ~died; comps = comps & ~died
#else
#define ADMITTED(i)  1
#define IFADMITTED   true ->                   /* a guard, for an option must not begin with a command's own if: its else would
                                                  wait until nothing else can happen */
#define IFSETTLED    true ->
#define SETTLING     0
#define RETURNING    0
#define ASKED
#define VAGUE
#define VAGUE_500
#define BEGINS(t)
#define CLOCK(t)     0
#define ENDS(i)
#define HEARD
#define DIES
#define NOTE_HELD
#define NOTE_RENEW
#define NOTE_LEFT
#define NOTE_COMPLETE
#define NOTE_MARK
#define NOTE_RELEASE
#define BEFORE
#define NOTE_RECLAIM
#endif

inline erase() { reg.st = absent; reg.tok = 0; reg.att = 0; reg.fp = 0; reg.rsp = 0; reg.ch = 0; reg.over = 0 }

#define SAMEPERIOD(s)  ((s) & (epoch -> grantEpoch : ~grantEpoch))
#define LOWER(j, t)    ((j) == OWNER(t) || !(SAMEPERIOD((FENCE == 1 -> may & live : may) | fly) & BIT(j)) || att[j] < reg.att)

inline granted(t) {                            /* a lease begins */
  CHECK(P_LEASE, !(live & ~BIT(OWNER(t))));
  CHECK(P_ATTEMPT, LOWER(1, t) && LOWER(2, t) && LOWER(3, t) && LOWER(4, t) && reg.att >= seen);
  latest = OWNER(t); live = live | BIT(OWNER(t)); BEGINS(t);
  if
  :: !(past & BIT(OWNER(t))) ->
       may = may | BIT(OWNER(t)); att[OWNER(t)] = reg.att;
       grantEpoch = (grantEpoch & ~BIT(OWNER(t))) | (epoch << OWNER(t))
  :: else                                      /* a late copy: its worker has moved on */
  fi;
  TOUCH(t)
}

/* ---- the commands, each atomic in the store ---- */

inline ap_reserve(t, f, a_) {                      /* SET k R… NX GET PX ttl */
  if
  :: reg.st == absent || BUG_NO_NX ->
       reg.st = reserved; reg.tok = t; reg.att = a_; reg.fp = f; reg.rsp = 0; reg.over = 0; reg.ch = CH(t);
       granted(t)
  :: else
  fi
}

inline ap_reclaim(t, f, x_, xa_, xf_) {        /* x_, xa_, xf_: token, attempt and freeness that were read */
  if
  :: reg.st == free && (RECLAIM == 0 || reg.tok == x_) && (RECLAIM < 2 || xf_) ->
       CHECK(P_MISMATCH, reg.fp == 0 || reg.fp == f);
       reg.st = reserved; reg.tok = t; reg.fp = f; reg.over = 0; reg.ch = CH(t);
       reg.att = (CALLER -> xa_ : reg.att) + (BUG_ATTEMPT -> 0 : 1);
       granted(t)
  :: reg.st == reserved && reg.tok != t && (RECLAIM == 0 || reg.tok == x_) && (RECLAIM < 2 || !xf_) && (reg.over || BUG_CLOCK) ->
       CHECK(P_MISMATCH, reg.fp == f);
       if
       :: (BUG_CONFIG -> CH(t) : reg.ch) == AGAIN || BUG_REEXECUTE ->
            again = again | (reg.ch == AGAIN); taken = 1;
            reg.tok = t; reg.fp = f; reg.over = 0; reg.ch = CH(t);
            reg.att = (CALLER -> xa_ : reg.att) + (BUG_ATTEMPT -> 0 : 1);
            granted(t)
       :: else ->
            CHECK(P_LEASE, !(live & BIT(OWNER(reg.tok))));
            if
            :: reg.ch == STORE -> reg.st = completed; reg.rsp = S500; reg.tok = (RETOKEN -> t : reg.tok); reg.over = 0
            :: else -> reg.st = uncertain
            fi;
            TOUCH(t)
       fi
  :: else
  fi
}

#define MINE(t)     (ONABSENT -> att[OWNER(t)] : 1)
#define REVIVING(t) (!REVIVE || CH(t) != AGAIN || live & BIT(OWNER(t)))

inline ap_renew(t, stale, out) {
  if
  :: reg.st == reserved && (reg.tok == t || BUG_RENEW_ANY) ->
       CHECK(P_STALE, OWNER(t) == latest);
       CHECK(P_LEASE, !(live & ~BIT(OWNER(t))));
       if
       :: !RENEW && stale -> reg.over = 1      /* an older deadline over a newer one */
       :: else -> reg.over = 0; live = live | BIT(OWNER(t)); BEGINS(t)
       fi;
       way[0].newer = (!RENEW && way[0].cmd == RENEW_ && way[0].tok == t);
       way[1].newer = (!RENEW && way[1].cmd == RENEW_ && way[1].tok == t);
       TOUCH(t); out = 1
  :: reg.st == absent && REVIVING(t) ->        /* the store lost it: put back */
       CHECK(P_STALE, OWNER(t) == latest);
       reg.st = reserved; reg.tok = t; reg.att = MINE(t); reg.fp = FP(t); reg.ch = CH(t);
       CHECK(P_LEASE, !(live & ~BIT(OWNER(t))));
       latest = OWNER(t); live = live | BIT(OWNER(t)); BEGINS(t); TOUCH(t); out = 3
  :: else -> out = 0
  fi
}

inline ap_complete(t, body_, out) {
  if
  :: (reg.tok == t || BUG_COMPLETE_ANY) && (reg.st == reserved || (reg.st == uncertain && !BUG_REFUSE_U)) ->
       CHECK(P_STALE, OWNER(t) == latest);
       reg.st = completed; reg.rsp = body_; reg.over = 0;
       live = live & ~BIT(OWNER(t)); TOUCH(t); out = 1
  :: reg.st == completed && reg.tok == t -> out = 2
  :: reg.st == absent && (REVIVING(t) || CLOCK(t)) ->
       CHECK(P_STALE, RETURNING || OWNER(t) == latest);
       reg.st = completed; reg.tok = t; reg.att = MINE(t); reg.fp = FP(t); reg.ch = CH(t); reg.rsp = body_;
       latest = OWNER(t); TOUCH(t); out = 3
  :: else ->
       CHECK(P_STALE, OWNER(t) != latest || reg.st == completed || OPERATOR || FAILOVER || TTL); out = 0
  fi
}

#define ISSHORT (FREES && !reg.fp && (reg.att == 1 || FREES == 2))
inline ap_release(t, tainted, x_, a_, out) {   /* tainted: an earlier attempt may have had an effect; a_: own attempt */
  if
  :: (reg.tok == t || BUG_RELEASE_ANY) && (reg.st == reserved || (reg.st == uncertain && REL)) ->
       CHECK(P_STALE, OWNER(t) == latest);
       live = live & ~BIT(OWNER(t)); TOUCH(t);
       reg.st = free; reg.fp = ((FREEFP == 1 || (FREEFP == 2 && tainted)) -> reg.fp : 0); reg.over = ISSHORT;
       CHECK(P_RELEASE, RETURNING || reg.fp || (!effects[epoch] && !SAMEPERIOD(fly)));
       if :: BUG_DELETE -> erase() :: else fi;
       out = 1
  :: reg.st == free && reg.tok == t -> out = 2
  :: reg.st == free && STAMP && x_ != 0 && reg.tok != t && reg.tok == x_ -> reg.tok = t; TOUCH(t); out = 1
  :: reg.st == absent && !BUG_DELETE ->
       reg.st = free; reg.tok = t; reg.att = (ONABSENT -> a_ : 1); reg.over = 1; TOUCH(t); out = 3
  :: else -> out = 0
  fi
}

inline ap_mark(t, out) {                       /* the owner's */
  if
  :: reg.tok == t && (reg.st == reserved || (!MARK && reg.st != absent && reg.st != free)) ->
       CHECK(P_FINAL, reg.st != completed);
       CHECK(P_STALE, OWNER(t) == latest);
       reg.st = uncertain; live = live & ~BIT(OWNER(t)); TOUCH(t); out = 1
  :: reg.st == uncertain && reg.tok == t && MARK -> out = 2
  :: reg.st == absent && CH(t) != AGAIN ->     /* the store lost it */
       reg.st = uncertain; reg.tok = t; reg.att = MINE(t); reg.fp = FP(t); reg.ch = CH(t);
       latest = OWNER(t); live = live & ~BIT(OWNER(t)); TOUCH(t); out = 3
  :: else -> out = 0
  fi
}

inline ap_resolve(x_, xa_, happened) {
  if
  :: reg.st == uncertain && (!RESOLVE || (reg.tok == x_ && reg.att == xa_)) ->
       TOUCH(0); reg.tok = OPTOKEN; reg.over = 0;
       if
       :: happened -> reg.st = completed; reg.rsp = BYHAND
       :: else -> reg.st = free; reg.fp = 0
       fi
  :: else
  fi
}

#if FAILOVER == 4 || VANISH
#define ATT(k, a) way[k].att = a
#define ATTOF(k)  way[k].att
#else
#define ATT(k, a) skip
#define ATTOF(k)  1
#endif
#define WANTING(c) ATT(0, (way[0].cmd == c && way[0].tok == tok -> want : way[0].att)); ATT(1, (way[1].cmd == c && way[1].tok == tok -> want : way[1].att))

/* ---- the network: a command is answered, or applied and not answered, or left on its way ---- */

inline depart(k, c, t, f, x_, xa_) {
  way[k].cmd = c; way[k].tok = t; way[k].fp = f; way[k].x = x_; way[k].xa = xa_; way[k].xf = 0; way[k].newer = 0;
  ATT(k, 0)
}
inline leave(c, t, f, x_, xa_) {
  if :: way[0].cmd == 0 -> depart(0, c, t, f, x_, xa_) :: else -> depart(1, c, t, f, x_, xa_) fi
}
inline arrive(k) {
  printf("late: %e of W%d\n", way[k].cmd, way[k].tok);
  cc = way[k].cmd; ct = way[k].tok; cf = way[k].fp; cx = way[k].x; cxa = way[k].xa; co = way[k].newer; cxf = way[k].xf; ca = ATTOF(k);
  depart(k, 0, 0, 0, 0, 0);
  if
  :: cc == SET_NX    -> ap_reserve(ct, cf, ca)
  :: cc == RECLAIM_  -> ap_reclaim(ct, cf, cx, cxa, cxf)
  :: cc == RENEW_    -> ap_renew(ct, co, cx)
  :: cc == COMPLETE_ -> ap_complete(ct, cxa, cx)
  :: cc == RELEASE_  -> ap_release(ct, cxa, cx, ca, co)
#if FAILOVER == 4
  :: cc == RESTORE_  -> ap_restore(ct, cx, ca, co)
#endif
  :: cc == MARK_     -> ap_mark(ct, co)
  :: cc == RESOLVE_  -> ap_resolve(cx, cxa, cf)
  fi;
  cc = 0; ct = 0; cf = 0; cx = 0; cxa = 0; co = 0; cxf = 0; ca = 0
}

/* ---- a request in its worker ---- */

#define OUT        past = past | BIT(id); may = may & ~BIT(id)
#define CALM       (id == LAST)
#if FAILOVER == 4
#define CERTAIN    (!owes && !settling); failovers = 0; CHECK(P_FINAL, !kept || reg.st == completed || CHOICE == STORE)
#else
#define CERTAIN    1
#endif
#define CRASHPOINT :: !CALM && crashes > 0 -> crashes--; cause = 1; printf("W%d dies\n", id); DIES; goto dead
#define UNHEARD    !CALM && faults > 0 -> faults--
#define DELAYED    !CALM && faults > 0 && (way[0].cmd == 0 || way[1].cmd == 0) -> faults--

inline final(e, b) {                           /* a final answer: this execution's, or what is stored */
  printf("W%d answers its caller: answer %d\n", id, b);
  if
  :: b != BYHAND -> CHECK(P_ANSWER, told[e] == 0 || told[e] == b); told[e] = b
  :: else
  fi;
  said = 1
}
inline other(name) { printf("W%d answers its caller: %e\n", id, name); said = 1 }

#define REPLAY \
  CHECK(P_ANSWER, reg.rsp >= S504 || eff & BIT(reg.rsp)); CHECK(P_MISMATCH, ONMISMATCH || reg.fp == f); \
  x = reg.rsp; xa = epoch; goto replay

#if FAILOVER == 4 || VANISH
#define WANT(n) want = n
#else
#define WANT(n) skip
#endif
#define FIRST (ANEW * want + !ANEW)
#define TAKEN NOTE_HELD; HEARD; CHECK(P_NEXT, att[id] >= want)

/* The record that came back is somebody else's: what to do. At most two more rounds, then 409 */
#define DECIDE \
  if \
  :: reg.st == absent && rounds < 2 -> CHECK(P_WAIT, !took); rounds++; goto reserve \
  :: reg.st == absent && rounds == 2 -> CHECK(P_SETTLE, !CALM); other(in_progress); goto done \
  :: reg.st != absent && reg.fp != f && !(reg.st == free && reg.fp == 0) && !ONMISMATCH && \
     (!BUG_MISMATCH_LATE || reg.st == completed) -> \
       CHECK(P_FRESH, reg.st != free || taken); other(mismatch); goto done \
  :: else -> \
       if \
       :: reg.st == completed -> REPLAY \
       :: reg.st == uncertain -> \
            CHECK(P_CAUSE, !CALM || cause); CHECK(P_SETTLE, !CALM || reg.ch != AGAIN); \
            other(outcome_uncertain); goto done \
       :: reg.st == reserved && !reg.over && !BUG_CLOCK -> \
            CHECK(P_SETTLE, !CALM); CHECK(P_OWN, OWNER(reg.tok) != id); \
            if \
            :: WAITS && (!waited || WAITS == 2) -> CHECK(P_WAIT, !waited); goto watch \
            :: !WAITS || (waited && WAITS != 2) -> other(in_progress); goto done \
            fi \
       :: (reg.st == free || (reg.st == reserved && (reg.over || BUG_CLOCK))) && rounds < 2 -> \
            CHECK(P_WAIT, !took); rounds++; x = reg.tok; xa = reg.att; xf = (reg.st == free); \
            taint = (reg.st == reserved || reg.fp != 0); WANT(reg.att + 1); goto takeover \
       :: (reg.st == free || (reg.st == reserved && (reg.over || BUG_CLOCK))) && rounds == 2 -> \
            CHECK(P_SETTLE, !CALM); other(in_progress); goto done \
       fi \
  fi

inline copy(from, onto) {
  onto.st = from.st; onto.tok = from.tok; onto.att = from.att; onto.fp = from.fp; onto.rsp = from.rsp; onto.ch = from.ch;
  onto.over = from.over
}
#if WAITS
Record nothing;
#endif

proctype Worker(byte id) {
  byte f = FP(id), tok = id;                   /* its fingerprint, its owner token */
  byte x, xa;                                  /* token and attempt of the record that was read */
  byte rounds, out, body;
  bit xf;                                      /* that record was free */
  byte want = 1;                               /* the attempt that it asked for last */
  bit waited, took;                            /* it has waited; and then taken, or tried to */
#if WAITS
  Record w;                                    /* what a waiter read last; the reply may be older than what stands */
#endif
#if FAILOVER == 4
  bit asked;                                   /* a copy of its reserve or reclaim may have been applied */
#endif
  bit said, taint, fresh, known;               /* caller answered; earlier outcome unknown; lease thought just begun;
                                                  the reservation is known to be ours */

  if
  :: id == LAST ->
       atomic {                                /* faults have stopped */
         fin == BIT(LAST) - 2 && way[0].cmd == 0 && way[1].cmd == 0 && CERTAIN ->
         printf("all are done; one lease passes; one more request\n");
         live = 0; ENDS(0); if :: reg.st == reserved -> reg.over = 1 :: else fi
       }
  :: else
  fi;

reserve:
  atomic {
    if
    CRASHPOINT
#if FAILOVER == 4
    :: SETTLING -> printf("W%d may not reserve yet\n", id); goto settles
#endif
    :: !SETTLING && UNHEARD; ap_reserve(tok, f, FIRST); printf("W%d reserve: applied, reply lost\n", id); ASKED; goto reserveUnknown
    :: !SETTLING && DELAYED; leave(SET_NX, tok, f, 0, 0); WANTING(SET_NX); printf("W%d reserve: delayed\n", id); ASKED; goto reserveUnknown
    :: !SETTLING && (reg.st == absent || BUG_NO_NX) ->
         ap_reserve(tok, f, FIRST); printf("W%d reserve: nil, attempt %d\n", id, reg.att); TAKEN; goto mine
    :: !SETTLING && reg.st != absent && !BUG_NO_NX ->
         printf("W%d reserve: %e, token %d, lease over %d\n", id, reg.st, reg.tok, reg.over);
         if
         :: reg.tok == tok && reg.st == reserved -> fresh = (FENCE == 2); TAKEN; goto mine
         :: reg.tok == tok && reg.st == uncertain && OWN -> OUT; goto release
         :: else -> DECIDE
         fi
    fi
  }
reserveUnknown:
  atomic {
    x = 0;
    if
    :: tok = (BUG_NEW_TOKEN -> id + 4 : tok); goto reserve
    :: GIVEUP == 0 -> other(not_executed); goto done
    :: GIVEUP > 0 -> OUT; goto release
    fi
  }

takeover:
  atomic {
    if
    CRASHPOINT
#if FAILOVER == 4
    :: SETTLING -> printf("W%d may not reclaim yet\n", id); goto settles
#endif
    :: !SETTLING && UNHEARD; ap_reclaim(tok, f, x, xa, xf); printf("W%d reclaim: applied, reply lost\n", id); ASKED; VAGUE_500; goto takeoverUnknown
    :: !SETTLING && DELAYED; leave(RECLAIM_, tok, f, x, xa); way[0].xf = (way[0].cmd == RECLAIM_ && way[0].tok == tok && xf); way[1].xf = (way[1].cmd == RECLAIM_ && way[1].tok == tok && xf); printf("W%d reclaim: delayed\n", id); ASKED; VAGUE_500; goto takeoverUnknown
    :: IFSETTLED BEFORE ap_reclaim(tok, f, x, xa, xf); NOTE_RECLAIM;
         printf("W%d reclaim: %e, token %d, attempt %d\n", id, reg.st, reg.tok, reg.att);
         x = 0; xa = 0; xf = 0;
         if
         :: reg.st == reserved && reg.tok == tok -> TAKEN; goto mine
         :: reg.st == uncertain && reg.tok == tok && OWN -> OUT; goto release
         :: else -> DECIDE
         fi
    fi
  }
takeoverUnknown:
  atomic {
    if
    :: goto takeover
    :: GIVEUP == 0 -> other(not_executed); goto done
    :: GIVEUP > 0 -> OUT; goto release
    fi
  }

#if FAILOVER == 4
settles:                                       /* nothing is written; a GET replays, anything else is 503 */
  atomic {
    x = 0; xa = 0; xf = 0;
    if
    :: reg.st == completed && reg.fp == f -> REPLAY
    :: !(reg.st == completed && reg.fp == f) && asked -> OUT; goto release
    :: !(reg.st == completed && reg.fp == f) && !asked -> other(not_executed); goto done
    fi
  }
#else
settles:
  goto done;
#endif

#if WAITS
watch:                                         /* it reads, and nothing else */
  atomic {
    waited = 1; rounds = 1; copy(reg, w);
    printf("W%d waits\n", id)
  }
watching:
  atomic {
    if
    CRASHPOINT
    :: other(in_progress); copy(nothing, w); goto done
    :: w.st != reg.st || w.tok != reg.tok || w.over != reg.over || w.att != reg.att ->
         copy(reg, w); printf("W%d is woken, or polls, and reads: %e, token %d, lease over %d\n", id, reg.st, reg.tok, reg.over)
    fi
  }
woken:
  atomic {                                     /* as a new request would decide; by now something else may stand there */
    if
    :: w.st == reserved && !w.over && w.tok != tok && w.fp == f -> goto watching
    :: w.tok == tok && w.st == reserved -> copy(nothing, w); HEARD; CHECK(P_NEXT, att[id] >= want); goto mine
    :: w.tok == tok && w.st == uncertain -> copy(nothing, w); OUT; goto release
    :: w.st == absent ->
         rounds = rounds + (WAITS != 3); took = 1; taint = 1; copy(nothing, w); goto reserve
    :: w.st != absent && w.fp != f && !(w.st == free && w.fp == 0) && w.tok != tok -> copy(nothing, w); other(mismatch); goto done
    :: w.st == completed && w.fp == f ->
         CHECK(P_ANSWER, w.rsp >= S504 || eff & BIT(w.rsp)); x = w.rsp; xa = epoch; copy(nothing, w); goto replay
    :: w.st == uncertain && w.fp == f && w.tok != tok -> copy(nothing, w); other(outcome_uncertain); goto done
    :: (w.st == free && (w.fp == 0 || w.fp == f)) || (w.st == reserved && w.over && w.fp == f && w.tok != tok) ->
         rounds = rounds + (WAITS != 3); took = 1; x = w.tok; xa = w.att; xf = (w.st == free);
         taint = (w.st == reserved || w.fp != 0); WANT(w.att + 1); copy(nothing, w);
         if
         :: !STALE -> goto takeover
         :: STALE && !SETTLING ->
              reg.st = reserved; reg.tok = tok; reg.fp = f; reg.over = 0; reg.ch = CH(tok); reg.att = reg.att + 1;
              printf("W%d takes it\n", id); granted(tok); TAKEN; goto mine
         fi
    fi
  }
#else
watch:
  goto done;
#endif

mine:
#if FAILOVER == 2 || FAILOVER == 3
  atomic {                                     /* nothing is sent before the reservation is replicated */
    if
    CRASHPOINT
    :: forgotten & BIT(id) -> forgotten = forgotten & ~BIT(id); OUT; goto release
    :: !((forgotten | dirty) & BIT(id)) -> skip
    fi
  }
#endif
ready:
  atomic {
    known = 1; x = 0; xa = 0; xf = 0;
    if
    CRASHPOINT
    :: renews > 0 && !CALM && ADMITTED(id) -> renews--;
         ap_renew(tok, 0, out); printf("W%d renew: %d\n", id, out);
         NOTE_RENEW;
         if :: out || !FENCE -> goto ready :: else -> OUT; goto release fi
    :: renews > 0 && ADMITTED(id) && DELAYED; renews--; leave(RENEW_, tok, f, 0, 0); printf("W%d renew: delayed\n", id); goto ready
    :: FENCE && !fresh && !(live & BIT(id)) -> printf("W%d is too late to send\n", id); OUT; goto release
    :: !CALM -> OUT; printf("W%d cannot reach the origin\n", id); goto release
    :: !FENCE || fresh || (live & BIT(id)) ->
         OUT; fly = fly | BIT(id);
         CHECK(P_TWICE, EP(id) != epoch || att[id] > seen);
         if :: EP(id) == epoch && att[id] > seen -> seen = att[id] :: else fi;
         printf("W%d sends to the origin, attempt %d\n", id, att[id])
    fi
  }
waiting:
  atomic {
    fresh = 0; out = 0;
    if
    CRASHPOINT
    :: renews > 0 && !CALM && ADMITTED(id) -> renews--; ap_renew(tok, 0, out); printf("W%d renew: %d\n", id, out);
         NOTE_RENEW;
         goto waiting
    :: renews > 0 && ADMITTED(id) && DELAYED; renews--; leave(RENEW_, tok, f, 0, 0); printf("W%d renew: delayed\n", id); goto waiting
    :: eff & BIT(id) -> body = id; printf("W%d has the origin's answer\n", id); goto complete
    :: !CALM && fly & BIT(id) -> fly = fly & ~BIT(id); printf("W%d is refused by the origin, no effect\n", id); goto release
    :: !CALM && eff & BIT(id) && REFUSAL -> printf("W%d is refused by the origin, but the effect happened\n", id); goto release
    :: !CALM && BUG_RELEASE_AFTER -> goto release
    :: !CALM && !said && CH(id) != STORE -> cause = 1; other(no_answer); goto waiting    /* goes on, for lateAnswer */
    :: !CALM && CH(id) == STORE -> cause = 1; body = S504; printf("W%d gets no answer\n", id); goto complete
    :: said && (CH(id) == HOLD || SILENT) -> goto mark
    :: said && CH(id) == AGAIN && !SILENT -> printf("W%d lets the lease end\n", id); NOTE_LEFT; goto done
    fi
  }

complete:
  atomic {
    if
    CRASHPOINT
    :: ADMITTED(id) && UNHEARD; ap_complete(tok, body, out); VAGUE; printf("W%d complete: applied, reply lost\n", id); goto completeUnknown
    :: ADMITTED(id) && DELAYED; VAGUE; leave(COMPLETE_, tok, f, 0, body); printf("W%d complete: delayed\n", id); goto completeUnknown
    :: IFADMITTED ap_complete(tok, body, out); printf("W%d complete: %d\n", id, out);
         NOTE_COMPLETE;
         if
         :: out > 0 -> goto stored
         :: out == 0 && said -> goto done
         :: out == 0 && !said && !LOST -> final(EP(id), body); goto done
         :: out == 0 && !said && LOST ->
              if
              :: reg.st == completed -> REPLAY
              :: reg.st == reserved || reg.st == free -> other(in_progress); goto done
              :: reg.st == uncertain -> other(outcome_uncertain); goto done
              :: reg.st == absent -> other(no_answer); goto done
              fi
         fi
    fi
  }
completeUnknown:
  atomic {                                     /* retried until it gets through; the caller may be answered before */
    out = 0;
    if
    :: !said && !PENDING -> final(EP(id), body)
    :: !said && PENDING -> other(pending)
    :: skip
    fi;
    goto complete
  }
stored:
#if FAILOVER == 2 || FAILOVER == 3
  atomic {                                     /* no answer before the completion is replicated */
    if
    CRASHPOINT
    :: forgotten & BIT(id) -> forgotten = forgotten & ~BIT(id); goto complete
    :: !((forgotten | dirty) & BIT(id)) -> skip
    fi
  }
#endif
  atomic {
    if
    :: !said -> final(EP(id), body); KEPT
    :: said
    fi;
    goto done
  }

mark:
  atomic {
    if
    CRASHPOINT
    :: ADMITTED(id) && UNHEARD; ap_mark(tok, out); printf("W%d mark-uncertain: applied, reply lost\n", id); out = 0; goto markUnknown
    :: ADMITTED(id) && DELAYED; leave(MARK_, tok, f, 0, 0); printf("W%d mark-uncertain: delayed\n", id); goto markUnknown
    :: IFADMITTED ap_mark(tok, out); printf("W%d mark-uncertain: %e\n", id, reg.st);
         NOTE_MARK;
         out = 0; goto marked
    fi
  }
markUnknown:
  atomic { if :: goto mark :: goto marked fi }
marked:
  atomic {
    if
    :: eff & BIT(id) -> body = id; printf("W%d gets the answer late\n", id); goto complete
    :: goto done
    fi
  }

release:
  atomic {
    if
    CRASHPOINT
    :: ADMITTED(id) && UNHEARD; ap_release(tok, taint, x, want, out); printf("W%d release: applied, reply lost\n", id); out = 0; goto releaseUnknown
    :: ADMITTED(id) && DELAYED; leave(RELEASE_, tok, f, x, taint); WANTING(RELEASE_); printf("W%d release: delayed\n", id); goto releaseUnknown
    :: IFADMITTED ap_release(tok, taint, x, want, out); printf("W%d release: %e, token %d\n", id, reg.st, reg.tok);
         NOTE_RELEASE;
         out = 0; goto released
    fi
  }
releaseUnknown:
  atomic { if :: goto release :: GIVEUP == 0 || (GIVEUP == 1 && known) -> goto released fi }
released:
  atomic {
    CHECK(P_DEFINITE, !((eff | fly) & BIT(id)));
    if :: !said -> other(not_executed) :: else fi;
    goto done
  }

replay:
#if FAILOVER == 2 || FAILOVER == 3
  atomic {                                     /* what is not replicated is not replayed */
    if
    CRASHPOINT
    :: dirty == 0 && reg.st == completed && reg.fp == f -> skip
    :: dirty == 0 && !(reg.st == completed && reg.fp == f) -> other(not_executed); goto done
    fi
  }
#endif
  atomic { final(xa, x); KEPT_IF; goto done }

dead:
  said = 1;                                    /* its caller sees the connection fail */
done:
  atomic {
    CHECK(P_ANSWERED, said);
    OUT; fin = fin | BIT(id); x = 0; xa = 0; rounds = 0; out = 0; body = 0; said = 0; taint = 0; fresh = 0; known = 0; xf = 0;
    WANT(1); waited = 0; took = 0;
#if FAILOVER == 4
    asked = 0
#endif
  }
}

#if FAILOVER == 4
/* ---- putting back: one command of one lane at a time, in any order ---- */

#if REMEMBER < 3
short were;                                    /* lanes that were begun in this history */
#define WERE(l)      were = were | (1 << (l))
#define DROPS(l)     ((REMEMBER & 1 -> 0 : owes) | (REMEMBER & 2 -> 0 : were & ~owes)) & (1 << (l))
inline recall(i) {
  if :: DROPS(4 * (i) - 3) -> marks = marks & ~BIT(i) :: else fi;
  if :: DROPS(4 * (i) - 2) -> rels = rels & ~BIT(i) :: else fi;
  if :: DROPS(4 * (i) - 1) -> comps = comps & ~BIT(i) :: else fi;
  were = were & ~(15 << (4 * (i) - 4))
}
#else
#define WERE(l)      skip
#define recall(i)    skip
#endif
inline lane(l, i) { put[l].step = (PUTBACK == 0 && READS && attOf[i] > 1 -> looking : keepsake); put[l].x = 0; put[l].att = attOf[i]; owes = owes | (1 << (l)); WERE(l) }
#define BACKED(i)    backed = backed | BIT(i)
#define RETURNS(i)   (CLOCK(i) || LAPSED == 2 || (LAPSED == 1 && CH(i) != AGAIN))

inline begin(i) {
  put[4 * (i) - 4].step = 0; put[4 * (i) - 3].step = 0; put[4 * (i) - 2].step = 0; put[4 * (i) - 1].step = 0;
  if :: PUTS & 1 && holds & BIT(i) && RETURNS(i) -> lane(4 * (i) - 4, i); if :: ADMIT < 3 || CLOCK(i) -> BACKED(i) :: else fi :: else fi;
  if :: PUTS & 1 && marks & BIT(i) -> lane(4 * (i) - 3, i); BACKED(i) :: else fi;
  if :: PUTS & 2 && rels & BIT(i)  -> lane(4 * (i) - 2, i); BACKED(i) :: else fi;
  if :: PUTS & 1 && comps & BIT(i) -> lane(4 * (i) - 1, i); BACKED(i) :: else fi
}
inline ap_return(t, a_, out) {                 /* renew, with the deadline as it is: no lease begins, none ends */
  if
  :: reg.st == reserved && reg.tok == t -> reg.over = !CLOCK(t); TOUCH(t); out = 1
  :: reg.st == absent && (CH(t) != AGAIN || CLOCK(t)) ->
       reg.st = reserved; reg.tok = t; reg.att = (ONABSENT -> a_ : 1); reg.fp = FP(t); reg.ch = CH(t); reg.over = !CLOCK(t);
       latest = OWNER(t); TOUCH(t); out = 3
  :: else -> out = 0
  fi
}
/* The one script: absent, or an earlier attempt's: what is put back stands there; its own: as its own command does. A
   completion stays. RETURNS: which reservations, when their lease is over. */
#define YIELDS(t, k_, a_) (FREES && YIELD && reg.st == free && !reg.fp && reg.att == 1 && a_ == 1 && reg.tok != t && k_ != 2)
inline ap_restore(t, k_, a_, out) {
  if
  :: (reg.st == absent || (EARLIER && reg.att < a_ && reg.st != completed) || YIELDS(t, k_, a_)) && (k_ != 0 || RETURNS(t)) ->
       reg.st = (k_ == 0 -> reserved : (k_ == 1 -> uncertain : (k_ == 2 -> free : completed)));
       reg.tok = t; reg.att = (ONABSENT -> a_ : 1); reg.ch = CH(t); reg.over = (k_ == 0 && !CLOCK(t));
       reg.fp = (k_ == 2 && !(taints & BIT(t)) -> 0 : FP(t)); reg.rsp = (k_ == 3 -> bodyOf[t] : 0);
       latest = OWNER(t); TOUCH(t); out = 3;
       if :: k_ == 2 -> reg.over = ISSHORT :: else fi
  :: reg.st == reserved && reg.tok == t && reg.att == a_ ->
       reg.st = (k_ == 0 -> reserved : (k_ == 1 -> uncertain : (k_ == 2 -> free : completed)));
       reg.over = (k_ == 0 && !CLOCK(t)); reg.fp = (k_ == 2 && !(taints & BIT(t)) -> 0 : reg.fp);
       reg.rsp = (k_ == 3 -> bodyOf[t] : 0); TOUCH(t); out = 1;
       if :: k_ == 2 -> reg.over = ISSHORT :: else fi
  :: reg.st == uncertain && reg.tok == t && reg.att == a_ && k_ >= 2 ->
       reg.st = (k_ == 2 -> free : completed); reg.fp = (k_ == 2 && !(taints & BIT(t)) -> 0 : reg.fp);
       reg.rsp = (k_ == 3 -> bodyOf[t] : 0); TOUCH(t); out = 1;
       if :: k_ == 2 -> reg.over = ISSHORT :: else fi
  :: else -> out = 0
  fi
}
inline ended() { put[l].step = 0; put[l].x = 0; put[l].att = 0; owes = owes & ~(1 << l) }
inline next(what, whose) { put[l].step = what; put[l].x = whose }

#define ISHELD     (k == 0 || k == 3)
#define LOSTREPLY  (faults > 0)

proctype Keeper() {
  byte l, i, k, out, n;
end:
  do
  :: atomic {
       owes != 0 -> l = 0;
       do
       :: owes & (1 << l) -> break
       :: owes & ~((2 << l) - 1) -> l++
       od;
       i = l / 4 + 1; k = l % 4;
       if
       :: put[l].step == keepsake || put[l].step == finally ->
            if
            :: PUTBACK -> ap_restore(i, k, put[l].att, out)
            :: PUTBACK == 0 && k == 0 -> ap_return(i, put[l].att, out)
            :: PUTBACK == 0 && k == 1 -> ap_mark(i, out)
            :: PUTBACK == 0 && k == 2 -> ap_release(i, ((taints >> i) & 1), 0, put[l].att, out)
            :: PUTBACK == 0 && k == 3 -> ap_complete(i, bodyOf[i], out)
            fi;
            printf("W%d puts back %d: %d\n", i, k, out);
            if
            :: PUTBACK && LOSTREPLY && way[0].cmd == 0 -> faults--; way[0].cmd = RESTORE_; way[0].tok = i; way[0].x = k; way[0].att = put[l].att; printf("W%d has a second copy on its way\n", i)
            :: LOSTREPLY -> faults--; printf("W%d does not hear of it\n", i)
            :: true ->
                 if                            /* the log of what is to be put back */
                 :: out == 0 && (k == 0 || PUTLOST) && (LOG == 0 || PUTBACK || put[l].step == finally) -> holds = holds & ~(k != 0 || FORGETS(i) -> BIT(i) : 0)
                 :: out && k == 0 -> holds = holds | BIT(i); attOf[i] = put[l].att
                 :: out && k != 0 -> holds = holds & ~BIT(i)
                 :: out == 0 && k == 1 && !PUTLOST -> marks = marks & ~BIT(i)
                 :: out == 0 && k == 2 && !PUTLOST -> rels = rels & ~BIT(i)
                 :: out == 0 && k == 3 && !PUTLOST -> comps = comps & ~BIT(i)
                 :: else
                 fi;
                 if
                 :: out || put[l].step == finally || EARLIER == 0 || PUTBACK -> ended()
                 :: else -> next(reading, 0)
                 fi
            fi
       :: put[l].step == looking ->            /* his own earlier attempt would take his command for its own */
            if
            :: reg.tok == i && reg.att < put[l].att && (reg.st == reserved || reg.st == uncertain) -> next(freeing, i)
            :: reg.tok == i && reg.att < put[l].att && reg.st == free -> next(taking, i)
            :: else -> next(keepsake, 0)
            fi
       :: put[l].step == reading ->
            printf("W%d reads %e, token %d, attempt %d\n", i, reg.st, reg.tok, reg.att);
            if
            :: reg.st == absent -> next(finally, 0)
            :: (reg.st == reserved || reg.st == uncertain) && reg.att < put[l].att -> next(freeing, reg.tok)
            :: (reg.st == reserved || reg.st == uncertain) && reg.att >= put[l].att && reg.tok == i && RESUME -> next(finally, 0)
            :: reg.st == free && (reg.att < put[l].att || (ISHELD && (reg.tok != i || !FREED))) -> next(taking, reg.tok)
            :: else -> ended()
            fi
       :: put[l].step == freeing ->            /* in its owner's stead, or his own, to count on */
            if
            :: (reg.st == reserved || reg.st == uncertain) && reg.tok == put[l].x -> reg.st = free; reg.fp = 0; reg.over = 0; TOUCH(i)
            :: reg.st == absent -> reg.st = free; reg.tok = put[l].x; reg.att = put[l].att; reg.over = 0; TOUCH(i)
            :: else
            fi;
            printf("W%d frees it: %e, token %d, attempt %d\n", i, reg.st, reg.tok, reg.att);
            if
            :: LOSTREPLY -> faults--
            :: true ->
                 if :: put[l].x == i && !LOG -> holds = holds & ~BIT(i); rels = rels | BIT(i); attOf[i] = put[l].att :: else fi;
                 next(reading, 0)
            fi
       :: put[l].step == taking ->
            out = 0;
            if
            :: reg.st == free && reg.tok == put[l].x ->
                 reg.st = reserved; reg.tok = i; reg.att = reg.att + 1; reg.fp = FP(i); reg.ch = CH(i);
                 reg.over = !(clock & BIT(i)); latest = i; TOUCH(i); out = 1
            :: else
            fi;
            printf("W%d takes it: %d, attempt %d\n", i, out, reg.att);
            if
            :: LOSTREPLY -> faults--; printf("W%d does not hear of it\n", i)
            :: true ->
                 if
                 :: out && !LOG -> holds = holds | BIT(i); attOf[i] = reg.att
                 :: else
                 fi;
                 if
                 :: !out -> next(reading, 0)
                 :: out && reg.att >= put[l].att -> next(finally, 0)
                 :: out && reg.att < put[l].att -> next(freeing, i)
                 fi
            fi
       fi;
       l = 0; i = 0; k = 0; out = 0
     }
  od
}
#endif

/* ---- the origin, time, the network, the replica ---- */

inline effect(i) {
  printf("origin: the effect of W%d\n", i);
  fly = fly & ~BIT(i); eff = eff | BIT(i); effects[EP(i)]++;
  CHECK(P_EFFECT, again || effects[EP(i)] <= 1);
  CHECK(P_MISMATCH, efp[EP(i)] == 0 || efp[EP(i)] == FP(i));
  efp[EP(i)] = FP(i)
}
inline vanish(i) { printf("the request of W%d never reaches the origin\n", i); fly = fly & ~BIT(i) }
inline lapse(i) {
  printf("the lease of W%d is over\n", i);
  live = live & ~BIT(i); ENDS(i); if :: reg.st == reserved && OWNER(reg.tok) == i -> reg.over = 1 :: else fi
}
#if FAILOVER == 4 && OUTLAST                   /* a lease is longer than a replica lags, and than putting back takes */
#define OUTLASTS(i) (!(dirty & BIT(i)) && !OWES(i))
#else
#define OUTLASTS(i) 1
#endif
#define WORLD(i) \
  :: atomic { fly & BIT(i) -> effect(i) } \
  :: atomic { fly & BIT(i) && i != LAST -> vanish(i) } \
  :: atomic { (live & BIT(i) || CLOCK(i)) && i != LAST && OUTLASTS(i) -> lapse(i) }

#define QUIET (way[0].cmd == 0 && way[1].cmd == 0)
#if FAILOVER
#define UPTODATE !dirty                        /* no replica is behind by minutes */
#else
#define UPTODATE true
#endif

proctype World() {
  bit ends = (TTL > 0), vanishes = VANISH;
  byte cc, ct, cf, cx, cxa, co, cxf, ca;
end:
  do
  WORLD(1) WORLD(2) WORLD(3)
#if N == 3
  WORLD(4)
#endif
  :: atomic { way[0].cmd != 0 -> arrive(0) }
  :: atomic { way[1].cmd != 0 -> arrive(1) }
  :: atomic { way[0].cmd != 0 -> printf("%e of W%d is dropped\n", way[0].cmd, way[0].tok); depart(0, 0, 0, 0, 0, 0) }
  :: atomic { way[1].cmd != 0 -> printf("%e of W%d is dropped\n", way[1].cmd, way[1].tok); depart(1, 0, 0, 0, 0, 0) }
  :: atomic { !SHORT && reg.st == free && reg.over -> printf("the short F ends\n"); erase() }
#if FREES
  :: atomic { reg.st == free && reg.over && UPTODATE && (FREES == 3 || (QUIET && (FREES == 4 || fin & BIT(OWNER(reg.tok))))) ->
       printf("the F is forgotten\n"); if :: reg.att == 1 -> seen = 0 :: else fi; erase() }
#endif
#if TTL
  :: atomic { ends && reg.st != absent && (TTL == 2 || reg.st != reserved || reg.over) ->
       printf("the TTL ends\n"); ends = 0; epoch = 1; seen = 0; taken = 0; erase();
       depart(0, 0, 0, 0, 0, 0); depart(1, 0, 0, 0, 0, 0) /* no copy is delayed by a whole retention */ }
#endif
#if VANISH
  :: atomic { vanishes && reg.st != absent -> printf("the store loses the key\n"); vanishes = 0; erase() }
#endif
#if FAILOVER
  :: atomic { dirty ->
       printf("the replica catches up\n"); dirty = 0;
       dur.st = reg.st; dur.tok = reg.tok; dur.att = reg.att; dur.fp = reg.fp; dur.rsp = reg.rsp; dur.ch = reg.ch; dur.over = reg.over }
#if FAILOVER < 4
  :: atomic { failovers && dirty && fin != BIT(LAST) - 2 ->
       printf("failover\n"); failovers--; forgotten = dirty & ~1; dirty = 0;
       depart(0, 0, 0, 0, 0, 0); depart(1, 0, 0, 0, 0, 0);
       reg.st = dur.st; reg.tok = dur.tok; reg.att = dur.att; reg.fp = dur.fp; reg.rsp = dur.rsp; reg.ch = dur.ch; reg.over = dur.over;
       if :: reg.tok != 0 -> latest = OWNER(reg.tok) :: else fi;
       if                                      /* whoever waits for the replica learns that it was not granted */
       :: FAILOVER == 2 -> may = may & ~forgotten; live = live & ~forgotten
       :: FAILOVER == 3 -> may = may & ~forgotten; live = live & ~(forgotten & ~(reg.st == reserved -> BIT(OWNER(reg.tok)) : 0))
       :: else
       fi;
       CHECK(P_FINAL, !kept || reg.st == completed) }
#else
  :: atomic { failovers ->
       printf("failover\n"); failovers--; forgotten = dirty & ~1; dirty = 0;
       depart(0, 0, 0, 0, 0, 0); depart(1, 0, 0, 0, 0, 0);
       copy(dur, reg);
       reg.over = (reg.st == reserved && !(live & BIT(OWNER(reg.tok)))) || (reg.st == free && reg.over);
       if :: reg.tok != 0 -> latest = OWNER(reg.tok) :: else fi;
       live = live & (heard | (reg.st == reserved -> BIT(OWNER(reg.tok)) : 0)); may = may & (heard | live);
       unprotected = unprotected | ((forgotten & died) != 0);
       recall(1); recall(2);
#if N == 3
       recall(3);
#endif
       settling = 1; owes = 0; backed = 0;
       begin(1); begin(2);
#if N == 3
       begin(3)
#endif
     }
  :: atomic { settling && !owes ->
       printf("settle has passed\n"); settling = 0; backed = 0;
       CHECK(P_RELEASE, reg.st != free || reg.fp || (!effects[epoch] && !fly));
       CHECK(P_FINAL, !comps || reg.st == completed) }
#endif
#endif
  od
}

#if OPERATOR
/* Looks at the record and at the origin's own ledger, and says what it saw there */
proctype Operator() {
  byte read, attempt; bit happened;
end:
  atomic {
    reg.st == uncertain && !(live & BIT(OWNER(reg.tok))) && (OPERATOR == 1 || effects[epoch] || !(fly & BIT(OWNER(reg.tok)))) ->
    read = reg.tok; attempt = reg.att; happened = (effects[epoch] > 0);
    printf("operator: uncertain, token %d; effects %d\n", read, effects[epoch])
  }
again_:
  atomic {
    if
    :: faults > 0 -> faults--; ap_resolve(read, attempt, happened); printf("operator resolves: applied, reply lost\n"); goto again_
    :: faults > 0 && (way[0].cmd == 0 || way[1].cmd == 0) ->
         faults--; leave(RESOLVE_, 0, happened, read, attempt); printf("operator resolves: delayed\n"); goto again_
    :: true -> ap_resolve(read, attempt, happened); printf("operator resolves: %e\n", reg.st)
    fi
  }
}
#endif

init {
  atomic {
    run World(); run Worker(1); run Worker(2);
#if N == 3
    run Worker(3);
#endif
    run Worker(LAST);
#if FAILOVER == 4
    run Keeper();
#endif
#if OPERATOR
    run Operator()
#endif
  }
}
