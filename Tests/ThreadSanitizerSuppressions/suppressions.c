#include "suppressions.h"

// The thread sanitizer asks this function, if a program has it, what it must not report.
//
// Swift's concurrency runtime is not instrumented: the sanitizer sees a task's stack written by the thread that runs
// it now and read by the one that resumed it, but not the runtime's atomics in between. Only the frames in which a
// continuation is made are named here, so a race of our own is still reported.
const char *__tsan_default_suppressions(void) {
  return "race:withUnsafeThrowingContinuation\n"
         "race:withUnsafeContinuation\n"
         "race:withCheckedContinuation\n"
         "race:withCheckedThrowingContinuation\n";
}
