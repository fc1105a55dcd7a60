#ifndef C_ALLOCATION_COUNTER_H
#define C_ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

// What one thread does between a begin and an end, as neither Swift nor Foundation counts it: requests for memory, and
// instructions. Every function is about the calling thread; nothing here is safe to nest.

/// Whether requests for memory are counted in this build: on Linux with glibc, without a sanitizer.
bool CAllocationCounter_isAvailable(void);

/// Sets the calling thread's count to zero and counts from now on.
void CAllocationCounter_begin(void);

/// Ends counting.
///
/// \returns How many times this thread has asked for memory since the beginning. A reallocation counts as one.
uint64_t CAllocationCounter_end(void);

/// Opens a counter of the instructions that the calling thread executes in user space.
///
/// \returns A file descriptor for the functions below, to be closed by whoever opened it; -1 where the kernel or the
/// machine has no such counter.
int CInstructionCounter_open(void);

/// Sets the count to zero and counts from now on.
///
/// \returns Whether it counts.
bool CInstructionCounter_begin(int counter);

/// Ends counting.
///
/// \param instructions Takes the count.
/// \returns Whether there is one: not if the counter was taken away meanwhile, by another user of the processor's few.
bool CInstructionCounter_end(int counter, uint64_t *instructions);

#endif
