#define _GNU_SOURCE
#include "CAllocationCounter.h"

#if defined(__linux__)

#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int CInstructionCounter_open(void) {
  struct perf_event_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
  attributes.disabled = 1;
  // On the processor or in error, never shared over time and extrapolated.
  attributes.pinned = 1;
  // Interrupts are nobody's work; user space alone is also all that most systems let a process count.
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  // The C library has no function for it. Process 0 is the calling thread, processor -1 is any.
  return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

bool CInstructionCounter_begin(int counter) {
  return ioctl(counter, PERF_EVENT_IOC_RESET, 0) == 0 && ioctl(counter, PERF_EVENT_IOC_ENABLE, 0) == 0;
}

bool CInstructionCounter_end(int counter, uint64_t *instructions) {
  if (ioctl(counter, PERF_EVENT_IOC_DISABLE, 0) != 0) return false;
  // A pinned counter that could not stay reads as the end of a file.
  return read(counter, instructions, sizeof *instructions) == sizeof *instructions;
}

#else

int CInstructionCounter_open(void) { return -1; }

bool CInstructionCounter_begin(int counter) {
  (void)counter;
  return false;
}

bool CInstructionCounter_end(int counter, uint64_t *instructions) {
  (void)counter;
  (void)instructions;
  return false;
}

#endif
