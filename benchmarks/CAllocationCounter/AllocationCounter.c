#define _GNU_SOURCE
#include "CAllocationCounter.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

// A sanitizer brings an allocator of its own, which must not be bypassed.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__linux__) && defined(__GLIBC__) && !defined(SANITIZED)

// Definitions in the executable come before the C library's for every library that is loaded, the Swift runtime among
// them. `free` is not among them: memory comes from glibc all the same, and goes back there.

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// By thread, so that no other one's work is counted and nothing is shared. Initial-exec, because any other model may
// itself allocate on first use.
#define THREAD_LOCAL static _Thread_local __attribute__((tls_model("initial-exec")))
THREAD_LOCAL bool isCounting;
THREAD_LOCAL uint64_t count;

static inline void took(void) {
  if (__builtin_expect(isCounting, 0)) count += 1;
}

bool CAllocationCounter_isAvailable(void) { return true; }

void CAllocationCounter_begin(void) {
  count = 0;
  isCounting = true;
}

uint64_t CAllocationCounter_end(void) {
  isCounting = false;
  return count;
}

void *malloc(size_t size) {
  took();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  took();
  return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
  took();
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  took();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  took();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  // Here alone a wrong alignment is an error of its own (POSIX): a power of two, and a multiple of a pointer's size.
  if (alignment == 0 || alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  took();
  void *memory = __libc_memalign(alignment, size);
  if (memory == NULL) return ENOMEM;
  *result = memory;
  return 0;
}

#else

bool CAllocationCounter_isAvailable(void) { return false; }

void CAllocationCounter_begin(void) {}

uint64_t CAllocationCounter_end(void) { return 0; }

#endif
